import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase, waitFor } from '@myelin/testing';
import type { ProfilePolicy } from '../src/domain/profile-policy.js';
import type { FilteredCounts } from '../src/persistence/discard.writer.js';
import { FilterMeasurementsHandler } from '../src/features/filter-measurements/filter-measurements.handler.js';
import { noteHoursToFilter } from '../src/features/filter-measurements/note-hours.step.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { withConnection } from '../src/persistence/connection.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { freezer, measurementsIn } from './cold-days.fixture.js';
import { filterOn, filteredState, graceMs, profilesOf, rollUp, rollUpAndFilter } from './filters.fixture.js';
import { batchOf, fixtureTopic, reportRecord, storeAgain, tickRecord } from './records.fixture.js';
import { dayMs, hourMs, minuteMs, rollUpAll, rolledUp } from './rollups.fixture.js';

let database: DatabaseFixture;
beforeAll(async () => void (database = await useDatabase({ service: 'telemetry', migrations, entities })));
afterAll(() => database.dispose());

const latenessMs = 30 * minuteMs;
const policy: ProfilePolicy = {
  ...{ expectedReportIntervalMs: minuteMs, lateAfterMs: minuteMs, latenessMs },
  filters: new Map([['t', { deadband: 1, minimumIntervalMs: undefined }]]),
};
const profiles = profilesOf(policy);
const noFilters = profilesOf({ ...policy, filters: new Map() });
const hour = Math.floor(Date.now() / hourMs) - 6;
const startMs = hour * hourMs;
const dueMs = startMs + hourMs + latenessMs + graceMs;

/** A device on a partition of its own, whose reports are stored one by one. */
let partition = 0;
let offset = 0;
let writer: StoreMeasurementsHandler;
beforeEach(async () => {
  partition += 1;
  offset = 0;
  writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
});

const device = () => ({ key: `acme/device-${partition}`, deviceIndex: partition });
const state = () => filteredState(database.dataSource, 'acme', `device-${partition}`);
const left = async () => (await state()).rows.map(({ ts, values }) => [ts - startMs, values]);

async function store(atMs: number, values: object, receivedAtMs = startMs + atMs, retentionClass = 'standard') {
  const body = { ts: startMs + atMs, values };
  await writer.store(
    batchOf([reportRecord({ offset: offset++, body, ...device(), receivedAtMs, retentionClass }, partition)]),
  );
}

/** Everything is stored that was received until then. */
async function receivedUntil(atMs: number): Promise<void> {
  await writer.store(batchOf([{ ...tickRecord(offset++, partition), timestampMs: atMs }]));
}

async function queued(): Promise<number[]> {
  const rows = await database.dataSource.query<{ hour: number }[]>(
    'SELECT hour FROM hour_to_filter WHERE device_index = $1 ORDER BY hour',
    [partition],
  );
  return rows.map((row) => row.hour - hour);
}

/** More than none would say that a version without marks has stored something, and all would be rolled up anew. */
async function unmarked(): Promise<number> {
  const [row] = await database.dataSource.query<[{ unmarked: number }]>(
    'SELECT (stored - marked)::integer AS unmarked FROM device WHERE index = $1',
    [partition],
  );
  return row.unmarked;
}

async function quality(): Promise<unknown> {
  return database.dataSource.query('SELECT * FROM data_quality WHERE device_index = $1', [partition]);
}

describe('an hour', () => {
  test('is whole until its lateness and the grace are over in receive time, and thinned then, with its rollups', async () => {
    for (const [at, t] of [20, 20.5, 21, 21.5, 20.5, 20].entries()) await store(at * minuteMs, { t });
    await receivedUntil(dueMs - 1);
    await rollUpAndFilter(database, profiles);
    expect(await left()).toHaveLength(6);
    expect(await queued()).toEqual([0]);
    const judged = await quality();

    await receivedUntil(dueMs);
    await rollUpAndFilter(database, profiles);
    expect(await left()).toEqual([
      [0, { t: 20 }],
      [3 * minuteMs, { t: 21.5 }],
      [5 * minuteMs, { t: 20 }],
    ]);
    expect(await queued()).toEqual([]);
    expect((await state()).statistics).toMatchObject({ stored: 3, filtered: 3, filteredValues: 3, duplicates: 0 });
    expect((await state()).latest).toEqual({ t: 20 });
    expect(await unmarked()).toBe(0);
    const [rollup] = await rolledUp(database.dataSource, 'hour', partition);
    expect(rollup?.functions).toMatchObject({ count: 3, sum: 61.5 });
    expect(await quality()).toEqual(judged);
  });

  test('keeps what no filter names, and rows of which something is kept', async () => {
    await store(0, { t: 1, u: 1 });
    await store(1, { t: 1, u: 1 });
    await store(2, { u: 1 });
    await receivedUntil(dueMs);
    await rollUpAndFilter(database, profiles);
    expect(await left()).toEqual([
      [0, { t: 1, u: 1 }],
      [1, { u: 1 }],
      [2, { u: 1 }],
    ]);
    expect((await state()).statistics).toMatchObject({ stored: 3, filtered: 0, filteredValues: 1 });
  });

  test('takes copies of what it lost as copies, even in a longer class, and late measurements as they are', async () => {
    await store(0, { t: 1 });
    await store(1, { t: 1 });
    await receivedUntil(dueMs);
    await rollUpAndFilter(database, profiles);
    await store(1, { t: 1 }, dueMs + 1);
    await store(1, { t: 1 }, dueMs + 2, 'long');
    await store(2, { t: 1 }, dueMs + 3);
    await rollUpAndFilter(database, profiles);
    expect(await left()).toEqual([
      [0, { t: 1 }],
      [2, { t: 1 }],
    ]);
    expect((await state()).statistics).toMatchObject({ stored: 2, filtered: 1, filteredValues: 1, duplicates: 2 });
    expect(await quality()).toEqual([expect.objectContaining({ count: '3', duplicates: '2', late: '1' })]);
  });

  test('is not decided while profiles are not read, nor by a profile that has lost its filters', async () => {
    await store(0, { t: 1 });
    await store(1, { t: 1 });
    await receivedUntil(dueMs);
    await rollUp(database, profiles);
    const behind = { code: 'telemetry.profiles-behind' };
    await expect(filterOn(database.dataSource, profilesOf(policy, false)).run()).rejects.toMatchObject(behind);
    expect(await queued()).toEqual([0]);
    // The lock goes with the connection that the failure has closed.
    await waitFor(async () => (await filterOn(database.dataSource, noFilters).run()) !== undefined, {
      what: 'the lock to be free',
    });
    expect([await queued(), (await left()).length]).toEqual([[], 2]);
  });

  test('of the past stays whole when a profile gets filters later on, whatever comes late', async () => {
    const pastMs = -2 * dayMs;
    const storePast = (at: number, receivedAtMs = startMs + pastMs) =>
      store(pastMs + at, { t: 1 }, receivedAtMs, 'short');
    await storePast(0);
    await storePast(1);
    await receivedUntil(dueMs + pastMs + dayMs);
    await rollUpAndFilter(database, noFilters);
    await storePast(2, dueMs + pastMs + dayMs);
    await rollUpAndFilter(database, profiles);
    expect([await queued(), (await left()).length]).toEqual([[], 3]);
  });

  test('waits longer when the lateness is made longer meanwhile', async () => {
    await store(0, { t: 1 });
    await store(1, { t: 1 });
    await receivedUntil(dueMs);
    await rollUp(database, profiles);
    const patient = profilesOf({ ...policy, latenessMs: latenessMs + hourMs });
    expect(await filterOn(database.dataSource, patient).run()).toBe(0);
    expect([await queued(), (await left()).length]).toEqual([[0], 2]);
    await receivedUntil(dueMs + hourMs);
    await filterOn(database.dataSource, patient).run();
    expect([await queued(), (await left()).length]).toEqual([[], 1]);
  });

  test('that is not over by the clock is not decided, though a gateway whose clock is ahead has written', async () => {
    const nowMs = Date.now();
    await store(nowMs - startMs, { t: 1 }, nowMs);
    await store(nowMs - startMs + 1, { t: 1 }, nowMs);
    await receivedUntil(nowMs + dayMs);
    const steps = [noteHoursToFilter(profiles, graceMs)];
    await rollUpAll(database.dataSource, ...steps);
    await filterOn(database.dataSource, profiles).run();
    expect([(await queued()).length, (await left()).length]).toEqual([1, 2]);
  });

  test('is decided before the hours after it, also when it comes to light last', async () => {
    const every90 = profilesOf({
      ...policy,
      filters: new Map([['t', { deadband: undefined, minimumIntervalMs: 90 * minuteMs }]]),
    });
    await store(hourMs, { t: 1 }, startMs + hourMs);
    await rollUp(database, every90);
    expect(await queued()).toEqual([1]);
    // After an outage: stored and due, and not rolled up yet.
    await store(30 * minuteMs, { t: 1 }, startMs + hourMs + 1);
    await receivedUntil(dueMs + hourMs);
    await filterOn(database.dataSource, every90).run();
    expect(await left()).toEqual([[30 * minuteMs, { t: 1 }]]);
  });
});

test('a late measurement that contradicts a value discarded in the very moment is no conflict', async () => {
  await store(0, { t: 1 });
  await store(1, { t: 1 });
  await receivedUntil(dueMs);
  await rollUp(database, profiles);
  await withConnection(database.dataSource, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM position WHERE partition = $1 FOR UPDATE', [partition]);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const body = { ts: startMs + 1, values: { t: 9 } };
    const late = storeAgain(writer, [
      reportRecord({ offset: offset++, body, ...device(), receivedAtMs: dueMs }, partition),
    ]);
    // It has seen what is stored, and waits for its position.
    await waitFor(
      async () => {
        const waiting = await database.dataSource.query<unknown[]>(
          'SELECT FROM pg_stat_activity WHERE pg_blocking_pids(pid) @> ARRAY[$1::integer]',
          [rows[0]?.pid],
        );
        return waiting.length > 0;
      },
      { what: 'the writer to wait' },
    );
    await filterOn(database.dataSource, profiles).run();
    await client.query('COMMIT');
    await late;
  });
  expect(await left()).toEqual([
    [0, { t: 1 }],
    [1, { t: 9 }],
  ]);
  expect((await state()).statistics).toMatchObject({ stored: 2, filtered: 1, conflicts: 0 });
});

test('nothing is noted and nothing asked where no profile has filters', async () => {
  await store(0, { t: 1 });
  await receivedUntil(dueMs);
  await rollUpAndFilter(database, noFilters);
  expect(await queued()).toEqual([]);
  const states = await database.dataSource.query('SELECT FROM filter_state WHERE device_index = $1', [partition]);
  expect(states).toEqual([]);
});

test('an instance that finds another one at it leaves it alone, and each discard is told of once', async () => {
  await store(0, { t: 1 });
  await store(1, { t: 1 });
  await receivedUntil(dueMs);
  await rollUp(database, profiles);
  const told: FilteredCounts[] = [];
  const onFiltered = (counts: readonly FilteredCounts[]): void => void told.push(...counts);
  const handler = () =>
    new FilterMeasurementsHandler(database.dataSource, systemClock, profiles, { graceMs, onFiltered });
  const outcomes = await Promise.all([handler().run(), handler().run(), handler().run()]);
  expect(outcomes.filter((hours) => hours === 1)).toHaveLength(1);
  expect(told).toEqual([{ deviceIndex: partition, measurements: 1, values: 1, settledConflicts: 0 }]);
});

test('more rows than a statement fetches or discards at once, in several hours, are all decided', async () => {
  const times = Array.from({ length: 12_000 }, (_, at) => startMs + at * 900);
  const body = times.map((ts) => ({ ts, values: { t: 1 } }));
  for (let at = 0; at < body.length; at += 1_000) {
    const report = { body: body.slice(at, at + 1_000), ...device(), receivedAtMs: startMs };
    await writer.store(batchOf([reportRecord({ ...report, offset: offset++ }, partition)]));
  }
  await receivedUntil(dueMs + 2 * hourMs);
  await rollUpAndFilter(database, profiles);
  expect((await state()).statistics).toMatchObject({ stored: 3, filtered: 11_997, filteredValues: 11_997 });
  // Of rows that are gone there are no minutes either.
  expect(await rolledUp(database.dataSource, 'minute', partition)).toEqual([]);
  expect(await rolledUp(database.dataSource, 'hour', partition)).toHaveLength(3);
}, 30_000);

describe('a cold day', () => {
  const coldMs = Math.floor(Date.now() / dayMs) * dayMs - 4 * dayMs;
  const coldDueMs = coldMs + hourMs + latenessMs + graceMs;
  const storeCold = (atMs: number) => store(coldMs - startMs + atMs, { t: 1 }, coldMs + atMs);
  const never = new AbortController().signal;

  test('is not frozen while one of its hours waits for its filters', async () => {
    await storeCold(0);
    await storeCold(1);
    await rollUp(database, profiles);
    expect((await freezer(database).run(never))?.frozen).toBe(0);
    await receivedUntil(coldDueMs);
    await filterOn(database.dataSource, profiles).run();
    expect((await freezer(database).run(never))?.frozen).toBe(2);
    expect((await state()).rows).toHaveLength(1);
  });

  test('that was frozen before an hour was noted is thawed for it', async () => {
    await storeCold(0);
    await storeCold(1);
    expect((await freezer(database).run(never))?.frozen).toBe(2);
    const { frozen } = await measurementsIn(database);
    await receivedUntil(coldDueMs);
    await rollUpAndFilter(database, profiles);
    expect((await state()).rows).toHaveLength(1);
    expect((await state()).statistics).toMatchObject({ stored: 1, filtered: 1 });
    expect((await measurementsIn(database)).frozen).toBe(frozen - 2);
  });
});
