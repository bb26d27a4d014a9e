import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { createDataSource } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import { FreezeColdDaysHandler } from '../src/features/freeze-cold-days/freeze-cold-days.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { asAdmin, freezer, measurementsIn, vacuum } from './cold-days.fixture.js';
import { fixtureTopic, reportRecord, storeAgain } from './records.fixture.js';
import { type Arrival, expectedState, storedState } from './state-model.fixture.js';

let database: DatabaseFixture;
const dayMs = 86_400_000;
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
const never = new AbortController().signal;

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

/** What may happen behind an arrival. `beside` freezes while the next batches are stored, `killed` breaks it off somewhere. */
const events = ['none', 'none', 'batch', 'restart', 'freeze', 'freeze', 'beside', 'killed', 'emptied'] as const;
type Happening = (typeof events)[number];

const coldMs = nowMs - 5 * dayMs;
const arrival = fc.record(
  {
    device: fc.constantFrom(0, 1),
    ts: fc.constantFrom(nowMs, coldMs, coldMs + 1, coldMs + 2, coldMs + 3, coldMs + 7_000, coldMs - dayMs),
    boot: fc.constantFrom('a', 'b'),
    seq: fc.constantFrom(0, 1),
    values: fc.constantFrom<Record<string, number | boolean>>({ t: 1 }, { t: 2 }, { t: 1, h: 5 }, { h: 6, on: true }),
    retentionClass: fc.constantFrom('standard', 'standard', 'standard', 'long', 'short'),
    flagged: fc.constantFrom('', '', 't', 'h'),
    receivedAtMs: fc.integer({ min: nowMs, max: nowMs + 5_000 }),
  },
  { requiredKeys: ['device', 'ts', 'values', 'retentionClass', 'flagged', 'receivedAtMs'] },
);
const history = fc.array(fc.tuple(arrival as fc.Arbitrary<Arrival>, fc.constantFrom(...events)), {
  minLength: 1,
  maxLength: 24,
});

let frozenOnce = 0;

test('freezing at any moment, beside writers, killed, with late data and copies in between, changes no row, latest, aggregate or counter', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      run += 1;
      const firstIndex = run * 10;
      await deliver(run, firstIndex, steps);
      const expected = expectedState(
        steps.map(([one]) => one),
        nowMs,
      );
      expect(await storedState(database.dataSource, firstIndex)).toEqual(expected);
      await freezer(database, 3).run(never);
      frozenOnce += (await measurementsIn(database)).frozen;
      expect(await storedState(database.dataSource, firstIndex)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
  expect(frozenOnce).toBeGreaterThan(0);
}, 120_000);

async function deliver(
  partition: number,
  firstIndex: number,
  steps: readonly (readonly [Arrival, Happening])[],
): Promise<void> {
  let writer = await restarted(partition);
  let waiting: ReturnType<typeof reportRecord>[] = [];
  const beside: Promise<unknown>[] = [];
  for (const [offset, [one, event]] of steps.entries()) {
    waiting.push(recordOf(one, offset, partition, firstIndex));
    if (event === 'none') continue;
    await storeAgain(writer, waiting);
    waiting = [];
    if (event === 'restart') writer = await restarted(partition);
    if (event === 'freeze') await freezer(database, 3).run(never);
    if (event === 'beside') beside.push(freezer(database, 1).run(never));
    if (event === 'killed') await freezeKilled();
    if (event === 'emptied') {
      await vacuum(database);
      await freezer(database, 3).run(never);
    }
  }
  if (waiting.length > 0) await storeAgain(writer, waiting);
  await Promise.all(beside);
}

async function freezeKilled(): Promise<void> {
  const applicationName = `killed-${database.schema}`;
  const { appUrl: url, schema } = database;
  const own = await createDataSource({ url, schema, applicationName, poolSize: 1 }).initialize();
  const outcome = new FreezeColdDaysHandler(own, systemClock, 1, 1).run(never).catch(() => undefined);
  await asAdmin(database, (admin) =>
    admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      applicationName,
    ]),
  );
  await outcome;
  await own.destroy();
}

async function restarted(partition: number): Promise<StoreMeasurementsHandler> {
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
  return writer;
}

function recordOf(one: Arrival, offset: number, partition: number, firstIndex: number) {
  const { device, retentionClass, flagged, receivedAtMs, boot, seq, ts, values } = one;
  const numbered = boot !== undefined && seq !== undefined ? { boot, seq } : boot !== undefined ? { boot } : {};
  const report = {
    body: { ts, ...numbered, values },
    key: `tenant-${firstIndex}/device-${device}`,
    deviceIndex: firstIndex + device,
    ...(flagged !== '' && Object.hasOwn(values, flagged) && { outOfRange: `0:${flagged}` }),
  };
  return reportRecord({ offset, ...report, retentionClass, receivedAtMs }, partition);
}
