import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock, type TenantId } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase, waitFor } from '@myelin/testing';
import type { Client } from 'pg';
import { dayMs, dayName, dayOf } from '../src/domain/retention.js';
import { KeepRetentionHandler } from '../src/features/keep-retention/keep-retention.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { AggregateRepository } from '../src/persistence/aggregate.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { MeasurementRepository } from '../src/persistence/measurement.repository.js';
import { asAdmin, freezer, measurementsIn, vacuum } from './cold-days.fixture.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { rollUpAll } from './rollups.fixture.js';
import { queryPool } from './query-pool.fixture.js';

let database: DatabaseFixture;
const today = dayOf(Date.now());
const never = new AbortController().signal;

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

/** The process of a connection. */
const backendOf = (client: Client): number => (client as unknown as { readonly processID: number }).processID;

interface Report {
  readonly ts: number;
  readonly values: Record<string, unknown>;
  readonly boot?: string;
  readonly seq?: number;
}

let partitions = 0;

/** A writer with a partition of its own, and a device with that number. */
async function device(retentionClass = 'standard') {
  const partition = ++partitions;
  const thawed: number[] = [];
  const handler = new StoreMeasurementsHandler(database.dataSource, systemClock, (_, rows) => void thawed.push(rows));
  await handler.load(fixtureTopic, [partition]);
  let offset = 0;
  const report = { deviceIndex: partition, key: `acme/device-${partition}`, retentionClass };
  const store = async (body: readonly Report[], more: { outOfRange?: string; receivedAtMs?: number } = {}) =>
    handler.store(batchOf([reportRecord({ ...report, ...more, offset: offset++, body }, partition)]));
  return { index: partition, store, thawed, scope: scopeOf(partition) };
}

const scopeOf = (index: number) => ({
  ...{ tenant: 'acme' as TenantId, device: `device-${index}`, indexes: [index], classes: 0b111 },
});

/** Every field as text, exactly as PostgreSQL prints it. */
async function textsOf(index: number): Promise<string[]> {
  const rows = await database.dataSource.query<{ text: string }[]>(
    `SELECT m::text AS text FROM stored_measurement($1, '{0,1,2}', '-infinity', 'infinity') m ORDER BY m.ts, m.fingerprint`,
    [index],
  );
  return rows.map(({ text }) => text);
}

const leaves = async (pattern: string): Promise<string[]> => {
  const rows = await database.dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ $2 ORDER BY 1`,
    [database.schema, pattern],
  );
  return rows.map(({ name }) => name);
};
const leaf = (name: string, day: number): string => `${name}_${dayName(day).replaceAll('-', '')}`;

describe('a frozen measurement', () => {
  const ts = (today - 4) * dayMs + 1_000;
  const oddities: readonly (readonly [string, Report[]])[] = [
    [
      'small and great numbers',
      [{ ts, values: { a: 5e-324, b: 1.7976931348623157e308, c: 1e-7, d: -0.1, e: 1e21, f: 0.1 + 0.2 } }],
    ],
    [
      'booleans and texts',
      [{ ts, values: { on: true, off: false, text: 'Grüße, "quoted" {and} \\slashed\n\t,NULL', none: '' } }],
    ],
    ['an array of 4,096 samples', [{ ts, values: { x: Array.from({ length: 4_096 }, (_, n) => Math.sin(n) * 1e3) } }]],
    ['a position', [{ ts, values: { at: { lat: 48.137154, lon: 11.576124, alt: 519.5, acc: 0.1 } } }]],
    [
      'seq far apart, runs of the device, some without',
      [
        { ts, boot: 'first', seq: 9_007_199_254_740_991, values: { t: 1 } },
        { ts: ts + 1, boot: 'second', seq: 0, values: { t: 1 } },
        { ts: ts + 2, boot: 'third, "with" {braces}', values: { t: 1 } },
        { ts: ts + 3, values: { t: 1 } },
      ],
    ],
    [
      'sets of metrics that change',
      [
        { ts, values: { a: 1 } },
        { ts: ts + 1, values: { b: 'x' } },
        { ts: ts + 2, values: { a: [1, 2], c: true } },
      ],
    ],
    [
      'irregular times from the first to the last millisecond of a day',
      [0, 1, 17, 40_000_000, dayMs - 1].map((at) => ({ ts: (today - 4) * dayMs + at, values: { at } })),
    ],
    ['one time and many contents', Array.from({ length: 50 }, (_, n) => ({ ts, values: { n } }))],
  ];
  test.each(oddities)('is what it was, field by field: %s', async (_, body) => {
    const { index, store } = await device();
    await store(body, { outOfRange: `0:${Object.keys(body[0]?.values ?? {})[0] ?? ''}`, receivedAtMs: ts - 5_000 });
    await store(body.slice(0, 1));
    const before = await textsOf(index);
    await freezer(database).run(never);
    const kept = 'SELECT sum(measurements)::integer AS frozen FROM segment WHERE device_index = $1';
    expect(await database.dataSource.query<object[]>(kept, [index])).toEqual([{ frozen: body.length }]);
    expect(await textsOf(index)).toEqual(before);
    await store(body.slice(0, 1));
    const changed = (await textsOf(index)).filter((text) => !before.includes(text));
    expect(changed).toHaveLength(1);
  });

  test('whose time is finer than a millisecond, which no writer of ours stores, stays plain', async () => {
    await freezer(database).run(never);
    const at = `${dayName(today - 4)} 10:00:00.000123+00`;
    await database.dataSource.query(
      `INSERT INTO measurement (device_index, ts, received_at, fingerprint, class, "values")
       VALUES (77001, $1, $1, gen_random_uuid(), 1, '{"t": 1}')`,
      [at],
    );
    const before = await textsOf(77_001);
    expect(await freezer(database).run(never)).toMatchObject({ frozen: 0 });
    expect(await textsOf(77_001)).toEqual(before);
    await database.dataSource.query('DELETE FROM measurement WHERE device_index = 77001');
  });
});

describe('freezing', () => {
  test('leaves class short and the days of the last time alone, and the database refuses younger days', async () => {
    const short = await device('short');
    await short.store([{ ts: (today - 4) * dayMs, values: { t: 1 } }]);
    const standard = await device();
    await standard.store([today, today - 1].map((day) => ({ ts: day * dayMs, values: { t: 1 } })));
    const before = await measurementsIn(database);
    expect(await freezer(database).run(never)).toMatchObject({ frozen: 0 });
    expect(await measurementsIn(database)).toEqual(before);
    const ensure = (day: number, code: number) =>
      database.dataSource.query('SELECT ensure_segment_partition($1::smallint, $2::date)', [code, dayName(day)]);
    await ensure(today - 2, 1);
    await expect(ensure(today - 1, 1)).rejects.toMatchObject({ driverError: { code: 'MY001' } });
    await expect(ensure(today - 4, 0)).rejects.toMatchObject({ driverError: { code: 'MY001' } });
    await expect(ensure(today - 91, 1)).rejects.toMatchObject({ driverError: { code: 'MY001' } });
  });

  test('is done by one instance at a time and stops between two slices', async () => {
    const { store } = await device();
    await store(Array.from({ length: 9 }, (_, n) => ({ ts: (today - 5) * dayMs + n, values: { n } })));
    await asAdmin(database, async (other) => {
      await other.query(`SELECT pg_advisory_lock(hashtextextended(current_schema() || ' freezing', 0))`);
      expect(await freezer(database).run(never)).toBeUndefined();
    });
    expect(await freezer(database).run(AbortSignal.abort())).toEqual({ frozen: 0, dropped: [] });
    expect(await freezer(database).run(never)).toMatchObject({ frozen: 9 });
  });

  test('makes few segments of many small ones, none of which overlap', async () => {
    const { index, store } = await device();
    for (const second of [5, 1, 9, 3, 7]) {
      await store([0, 1].map((n) => ({ ts: (today - 3) * dayMs + second * 1_000 + n, values: { n } })));
      await freezer(database, 1).run(never);
    }
    const segments = await database.dataSource.query<object[]>(
      'SELECT measurements FROM segment WHERE device_index = $1',
      [index],
    );
    expect(segments).toEqual([{ measurements: 10 }]);
  });
});

describe('what arrives for a cold day', () => {
  test('thaws the segments that reach over its time alone, and they are counted', async () => {
    const { index, store, thawed } = await device();
    const at = (n: number): number => (today - 6) * dayMs + n * 10_000;
    await store(Array.from({ length: 4_500 }, (_, n) => ({ ts: at(n), values: { n } })));
    await freezer(database, 20_000).run(never);
    thawed.length = 0;
    await store([{ ts: at(2_500) + 1, values: { late: true } }]);
    await store([{ ts: at(10), values: { n: 10 } }]);
    await store([{ ts: at(4_600), values: { n: 4_600 } }]);
    expect(thawed).toEqual([2_000, 2_000, 0]);
    const counts = await database.dataSource.query<object[]>(
      'SELECT stored, duplicates, conflicts FROM device WHERE index = $1',
      [index],
    );
    expect(counts).toEqual([{ stored: '4502', duplicates: '1', conflicts: '0' }]);
    expect(await textsOf(index)).toHaveLength(4_502);
  });

  test('of a class that is kept longer moves the measurement there, out of its segment', async () => {
    const { index, store } = await device('standard');
    const again = await device('long');
    const body = [{ ts: (today - 7) * dayMs + 1, boot: 'b', seq: 1, values: { t: 1 } }];
    await store(body);
    await freezer(database).run(never);
    await vacuum(database);
    await freezer(database).run(never);
    const handler = new StoreMeasurementsHandler(database.dataSource, systemClock);
    await handler.load(fixtureTopic, [again.index]);
    const key = `acme/device-${index}`;
    const copy = reportRecord({ offset: 0, body, deviceIndex: index, key, retentionClass: 'long' }, again.index);
    await handler.store(batchOf([copy]));
    const rows = await database.dataSource.query<object[]>(
      `SELECT class, duplicates FROM stored_measurement($1, '{1,2}', '-infinity', 'infinity')`,
      [index],
    );
    expect(rows).toEqual([{ class: 2, duplicates: 1 }]);
  });
});

test('a measurement that a writer moves to another class beside the freezing does not end it', async () => {
  const { index, store } = await device();
  const ts = (today - 6) * dayMs + 1;
  await store([1, 2].map((n) => ({ ts: ts + n, boot: 'b', seq: n, values: { n } })));
  await asAdmin(database, async (writer) => {
    await writer.query(`SELECT ensure_partition(2::smallint, '${dayName(today - 6)}')`);
    await writer.query('BEGIN');
    const moving = 'UPDATE measurement SET class = 2 WHERE device_index = $1 AND class = 1 AND seq = 1';
    expect((await writer.query(moving, [index])).rowCount).toBe(1);
    const freezing = freezer(database).run(never);
    await asAdmin(database, (admin) =>
      waitFor(
        async () => {
          const waiting = `SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%DELETE FROM measurement m%'
              AND $1 = ANY (pg_blocking_pids(pid))`;
          return (await admin.query(waiting, [backendOf(writer)])).rows.length === 1;
        },
        { timeoutMs: 20_000, what: () => 'the freezing to wait for the writer' },
      ),
    );
    await writer.query('COMMIT');
    await freezing;
  });
  await freezer(database).run(never);
  const kept = 'SELECT class, measurements FROM segment WHERE device_index = $1 ORDER BY class';
  expect(await database.dataSource.query(kept, [index])).toEqual([
    { class: 1, measurements: 1 },
    { class: 2, measurements: 1 },
  ]);
});

describe('a plain partition whose measurements are frozen', () => {
  test('is dropped when no snapshot can see them there any more, and made again for late data', async () => {
    const { index, store } = await device();
    const day = today - 8;
    await store([1, 2, 3].map((n) => ({ ts: day * dayMs + n, boot: 'b', seq: n, values: { n } })));
    const before = await textsOf(index);
    const query = `SELECT m::text AS text FROM stored_measurement(${index}, '{0,1,2}', '-infinity', 'infinity') m ORDER BY m.ts`;
    await asAdmin(database, async (reader) => {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await reader.query('SELECT 1');
      await freezer(database).run(never);
      await asAdmin(database, (admin) => admin.query('VACUUM measurement'));
      expect((await freezer(database).run(never))?.dropped).not.toContain(leaf('measurement_standard', day));
      const seen = await reader.query<{ text: string }>(query);
      expect(seen.rows.map(({ text }) => text)).toEqual(before);
      await reader.query('COMMIT');
    });
    await vacuum(database);
    expect((await freezer(database).run(never))?.dropped).toContain(leaf('measurement_standard', day));
    expect(await textsOf(index)).toEqual(before);
    const late = [{ ts: day * dayMs + 2, boot: 'c', seq: 1, values: { n: 9 } }];
    // The writer's memory says that the partition is there: it finds out, and the batch is stored at the second attempt.
    await expect(store(late)).rejects.toMatchObject({ code: 'telemetry.partition-missing', retryable: true });
    await store(late);
    expect(await textsOf(index)).toHaveLength(4);
  });

  test('and its segments are dropped together when the day is over', async () => {
    const { index, store } = await device();
    await store([1, 2].map((n) => ({ ts: (today - 9) * dayMs + n, values: { n } })));
    await freezer(database).run(never);
    await store([{ ts: (today - 9) * dayMs + 3, values: { n: 3 } }]);
    const [plain, frozen] = [leaf('measurement_standard', today - 9), leaf('segment_standard', today - 9)];
    const later = leaf('measurement_standard', today - 95);
    await asAdmin(database, async (admin) => {
      for (const [from, to] of [
        [plain, later],
        [frozen, leaf('segment_standard', today - 95)],
      ]) {
        await admin.query(`ALTER TABLE ${from ?? ''} RENAME TO ${to ?? ''}`);
      }
    });
    const outcome = await new KeepRetentionHandler(database.dataSource, systemClock).run();
    expect(outcome?.dropped).toEqual([later, leaf('segment_standard', today - 95)]);
    expect(await textsOf(index)).toEqual([]);
  });
});

test('the days of what is stored, and every page, are found across frozen and plain days', async () => {
  const { index, store, scope } = await device();
  const days = [today - 40, today - 12, today - 11, today];
  await store(days.flatMap((day) => [5_000, 6_000, 7_000].map((at) => ({ ts: day * dayMs + at, values: { at } }))));
  await freezer(database).run(never);
  const aggregates = new AggregateRepository(queryPool(database.dataSource));
  const extent = (fromMs: number, toMs: number) =>
    aggregates.extent({ scopes: [scope], metrics: ['at'], fromMs, toMs });
  const at = (day: number, ms: number): number => day * dayMs + ms;
  const whole = { fromMs: at(today - 40, 0), toMs: at(today + 1, 0) };
  for (const rollUp of [false, true]) {
    if (rollUp) await rollUpAll(database.dataSource);
    expect(await extent(0, at(today + 3, 0))).toEqual(whole);
    expect(await extent(at(today - 12, 5_500), at(today - 11, 7_000))).toEqual({
      ...{ fromMs: at(today - 12, 5_500), toMs: at(today - 11, 7_000) },
    });
    expect(await extent(at(today - 39, 0), at(today - 12, 0))).toBeUndefined();
  }
  await asAdmin(database, (admin) => admin.query('UPDATE device SET stored = stored + 1 WHERE index = $1', [index]));
  expect(await extent(at(today - 39, 0), at(today - 12, 0))).toEqual({
    fromMs: at(today - 39, 0),
    toMs: at(today - 12, 0),
  });
  const seen: number[] = [];
  const rows = new MeasurementRepository(queryPool(database.dataSource)).rows(scope, {
    fromMs: 0,
    toMs: Date.now(),
    pageRows: 2,
  });
  for await (const row of rows) seen.push(row.tsMs);
  const expected = days.flatMap((day) => [5_000, 6_000, 7_000].map((ms) => at(day, ms)));
  expect(seen).toEqual(expected.filter((ms) => ms < Date.now()));
  expect(await leaves(`^segment_standard_${dayName(today - 40).replaceAll('-', '')}$`)).toHaveLength(1);
});
