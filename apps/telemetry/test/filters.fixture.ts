import { type TenantId, systemClock } from '@myelin/kernel';
import { createDataSource } from '@myelin/persistence';
import { type DatabaseFixture, waitFor } from '@myelin/testing';
import type { DataSource } from 'typeorm';
import type { ProfilePolicy } from '../src/domain/profile-policy.js';
import { latestValues } from '../src/domain/winners.js';
import { FilterMeasurementsHandler } from '../src/features/filter-measurements/filter-measurements.handler.js';
import { noteHoursToFilter } from '../src/features/filter-measurements/note-hours.step.js';
import { measureQuality } from '../src/features/measure-quality/measure-quality.step.js';
import { RollUpHandler } from '../src/features/roll-up/roll-up.handler.js';
import { DeviceRepository } from '../src/persistence/device.repository.js';
import { LatestRepository } from '../src/persistence/latest.repository.js';
import { MeasurementRepository } from '../src/persistence/measurement.repository.js';
import { StatisticsRepository } from '../src/persistence/statistics.repository.js';
import { asAdmin } from './cold-days.fixture.js';
import type { FilteredState, KeptRow } from './filter-model.fixture.js';
import { queryPool } from './query-pool.fixture.js';

export const graceMs = 300_000;

export function profilesOf(policy: ProfilePolicy, ready = true) {
  const someFilter = policy.filters.size > 0;
  return { ready, someFilter, find: (key: string) => (key.endsWith('/thermometer') ? policy : undefined) };
}

type Profiles = ReturnType<typeof profilesOf>;

export function filterOn(dataSource: DataSource, profiles: Profiles): FilterMeasurementsHandler {
  return new FilterMeasurementsHandler(dataSource, systemClock, profiles, { graceMs });
}

/** Every mark is taken: hours are rolled up, judged, and noted for their filters. */
export function rollUp(database: DatabaseFixture, profiles: Profiles): Promise<number | undefined> {
  const steps = [measureQuality(profiles, database.schema), noteHoursToFilter(profiles, graceMs)];
  return new RollUpHandler(database.dataSource, { graceMs: 0, steps }).run();
}

/** As the jobs do, one after the other. The lock of one that failed goes with its connection, a moment later. */
export async function rollUpAndFilter(database: DatabaseFixture, profiles: Profiles): Promise<void> {
  await rollUp(database, profiles);
  await waitFor(async () => (await filterOn(database.dataSource, profiles).run()) !== undefined, {
    what: 'the lock to be free',
  });
  await rollUp(database, profiles);
}

/** Loses its connection somewhere on its way, or before it. */
export async function filterKilled(database: DatabaseFixture, profiles: Profiles): Promise<void> {
  const applicationName = `killed-${database.schema}`;
  const { appUrl: url, schema } = database;
  const own = await createDataSource({ url, schema, applicationName, poolSize: 1 }).initialize();
  const outcome = filterOn(own, profiles)
    .run()
    .catch(() => undefined);
  await asAdmin(database, (admin) =>
    admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]),
  );
  await outcome;
  await own.destroy();
}

const dayMs = 86_400_000;

/** What the repositories show of a device, through which the API reads. */
export async function filteredState(dataSource: DataSource, tenant: string, device: string): Promise<FilteredState> {
  const [scope] = (await new DeviceRepository(queryPool(dataSource)).scopes(tenant as TenantId, [device])).values();
  if (scope === undefined) throw new Error(`nothing is stored of ${device}`);
  const rows: KeptRow[] = [];
  const range = { fromMs: Date.now() - 10 * dayMs, toMs: Date.now() + dayMs, pageRows: 3 };
  for await (const { tsMs, fingerprint, duplicates, values } of new MeasurementRepository(queryPool(dataSource)).rows(
    scope,
    range,
  )) {
    rows.push({ ts: tsMs, fingerprint, duplicates, values });
  }
  const latest = latestValues(await new LatestRepository(queryPool(dataSource)).rows(scope, Date.now()));
  const [counts] = await new StatisticsRepository(queryPool(dataSource)).ofDevices(tenant as TenantId, {
    devices: [device],
    limit: 1,
  });
  const { device: _, ...statistics } = counts ?? { device: '' };
  return {
    rows,
    latest: Object.fromEntries([...latest].map(([metric, { value }]) => [metric, value])),
    statistics: statistics as Record<string, number>,
  };
}
