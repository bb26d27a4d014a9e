import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { PersistenceError } from '@myelin/persistence';
import { type DatabaseFixture, useDatabase, waitFor } from '@myelin/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { RollUpHandler } from '../src/features/roll-up/roll-up.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { watchStatements } from './watched-statements.fixture.js';
import { dayMs, fromRows, hourMs, minuteMs, rollUpAll, rollUpDense, rolledUp } from './rollups.fixture.js';

let database: DatabaseFixture;
let partition = 0;
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
const thisHourMs = Math.floor(nowMs / hourMs) * hourMs;
const metrics = ['a', 'b', 'on'];

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

async function member(): Promise<StoreMeasurementsHandler> {
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
  return writer;
}

interface Arrival {
  readonly ts: number;
  readonly seq: number;
  readonly values: Readonly<Record<string, number | boolean | string>>;
}

const deviceIndex = (): number => 1_000 + partition;
const device = () => ({ deviceIndex: deviceIndex(), key: `acme/device-${partition}` });

/** One device per partition, and one offset after the other. */
function sender() {
  let offset = 0;
  return (arrivals: readonly Arrival[], retentionClass = 'standard') =>
    batchOf(
      arrivals.map(({ ts, seq, values }) =>
        reportRecord(
          { offset: offset++, body: { ts, boot: 'b', seq, values }, ...device(), retentionClass },
          partition,
        ),
      ),
    );
}

const span = () => ({
  deviceIndex: deviceIndex(),
  tenant: 'acme',
  metrics,
  fromMs: nowMs - 3 * dayMs,
  toMs: nowMs + dayMs,
});
const pending = async (): Promise<number> => {
  const [row] = await database.dataSource.query<[{ count: number }]>(
    'SELECT count(*)::integer AS count FROM rollup_mark WHERE device_index = $1',
    [deviceIndex()],
  );
  return row.count;
};

async function expectRollupsOfRows(): Promise<void> {
  const { dataSource } = database;
  expect(await pending()).toBe(0);
  expect(await rolledUp(dataSource, 'hour', deviceIndex())).toEqual(await fromRows(dataSource, hourMs, span()));
  expect(await rolledUp(dataSource, 'day', deviceIndex())).toEqual(await fromRows(dataSource, dayMs, span()));
}

async function markAgain(): Promise<void> {
  await database.dataSource.query(
    `INSERT INTO rollup_mark (device_index, hour)
     SELECT DISTINCT $1::bigint, floor(extract(epoch FROM ts) / 3600)::integer FROM measurement WHERE device_index = $1`,
    [deviceIndex()],
  );
}

/** Latest values name the metrics that are looked for, and may lack some. */
async function rollUpWithoutNames(forgotten: string): Promise<void> {
  const { dataSource } = database;
  await dataSource.query(`UPDATE latest SET "values" = "values" - $2 WHERE device_index = $1`, [
    deviceIndex(),
    forgotten,
  ]);
  await markAgain();
  await rollUpAll(dataSource);
}

/** Whatever is stored of rollups of the device, with every digit that counts. */
async function rollupRows(): Promise<object[]> {
  const levels = ['minute', 'hour', 'day'].map(
    (level) =>
      `SELECT '${level}' AS level, class, metric, start, first_ts, last_ts, count, resets,
         ${['sum', 'sum_squares', 'min', 'max', 'first', 'last', 'area', 'increase', 'sum_t', 'sum_tt', 'sum_tv'].map((moment) => `trim_scale(${moment}) AS ${moment}`).join(', ')}
       FROM rollup_${level} WHERE device_index = $1`,
  );
  return database.dataSource.query<object[]>(`${levels.join(' UNION ALL ')} ORDER BY 1, 2, 3, 4`, [deviceIndex()]);
}

/** Few hours, around the edges of one and of a day; few times and numbers, so that copies and conflicts are the rule. */
const content: fc.Arbitrary<Arrival> = fc.record({
  ts: fc
    .tuple(
      fc.constantFrom(thisHourMs, thisHourMs - hourMs, Math.floor(nowMs / dayMs) * dayMs - hourMs, nowMs - 2 * dayMs),
      fc.constantFrom(0, 1, 59_999, 60_000, 1_800_000, hourMs - 1),
    )
    .map(([hour, at]) => Math.min(hour + at, nowMs + 60_000)),
  seq: fc.nat(2),
  values: fc.constantFrom<Arrival['values'][]>(
    ...[{ a: 1 }, { a: 0.1, b: -7 }, { a: 1e17, b: 0.3 }, { a: 'none' }],
    ...[{ b: 2.5, on: true }, { on: false }, { b: 1e-9 }],
  ),
});

const history = fc.array(content, { minLength: 1, maxLength: 12 }).chain((contents) => {
  const arrivals = fc
    .array(fc.nat(contents.length - 1), { maxLength: 4 })
    .map((again) => [...contents, ...again.flatMap((at) => contents[at] ?? [])]);
  return fc.record({
    arrivals: arrivals.chain((all) => fc.shuffledSubarray(all, { minLength: all.length })),
    retentionClass: fc.constantFrom('short', 'standard', 'long', 'summary'),
    cuts: fc.array(fc.constantFrom('none', 'batch', 'restart', 'roll-up', 'roll-up-closed'), {
      minLength: 16,
      maxLength: 16,
    }),
  });
});

describe('rollups', () => {
  test('are the aggregates of the rows, whatever the order, copies, batches, restarts and rollups in between', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ arrivals, retentionClass, cuts }) => {
        partition += 1;
        const batch = sender();
        let writer = await member();
        let waiting: Arrival[] = [];
        for (const [at, arrival] of arrivals.entries()) {
          waiting.push(arrival);
          if (cuts[at] === 'none' && at < arrivals.length - 1) continue;
          await writer.store(batch(waiting, retentionClass));
          waiting = [];
          if (cuts[at] === 'restart') writer = await member();
          if (cuts[at] === 'roll-up') await rollUpAll(database.dataSource);
          if (cuts[at] === 'roll-up-closed') await new RollUpHandler(database.dataSource, { graceMs: 0 }).run();
        }
        await rollUpAll(database.dataSource);
        await expectRollupsOfRows();
        await rollUpWithoutNames('a');
        await expectRollupsOfRows();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test('are the same to the last digit, whether the rows of an hour are read or added up in the database', async () => {
    const values = fc.dictionary(
      fc.constantFrom('a', 'b', 'c/d:e.f-g', 'on'),
      fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
        fc.constantFrom(0, 1, -1, 0.1, 1e308, 5e-324, 2 ** 53),
        fc.boolean(),
        fc.constantFrom('text', 'true', ''),
      ),
    );
    const arrivals = fc.array(fc.record({ at: fc.nat(8), minute: fc.nat(2), seq: fc.nat(3), values }), {
      minLength: 1,
      maxLength: 14,
    });
    const classOf = fc.constantFrom('short', 'standard', 'summary');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(arrivals, classOf), { minLength: 1, maxLength: 2 }), async (batches) => {
        partition += 1;
        const [writer, batch] = [await member(), sender()];
        const beginMs = thisHourMs - 3 * hourMs;
        for (const [some, retentionClass] of batches) {
          const rows = some.map(({ at, minute, seq, values }) => ({
            ts: beginMs + minute * minuteMs + at,
            seq,
            values,
          }));
          await writer.store(batch(rows, retentionClass));
        }
        await rollUpDense(database.dataSource, Infinity);
        const added = await rollupRows();
        await markAgain();
        await rollUpDense(database.dataSource, 1);
        expect(await pending()).toBe(0);
        expect(await rollupRows()).toEqual(added);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  test('of dense hours are the aggregates of their rows, minutes included', async () => {
    partition += 1;
    const batch = sender();
    const rows = Array.from({ length: 1_200 }, (_, seq) => ({
      ts: thisHourMs - 4 * hourMs + seq * 3_000,
      ...{ seq, values: { a: ((seq * 7_919) % 1_000) / 8, b: seq % 300, on: seq % 3 === 0 } },
    }));
    await (await member()).store(batch([...rows].reverse()));
    const watched = await watchStatements(database.dataSource, () => rollUpAll(database.dataSource));
    const fetches = watched.flatMap(({ statements }) => statements.filter(({ sql }) => sql.startsWith('FETCH')));
    expect(fetches.length).toBeGreaterThan(2);
    await expectRollupsOfRows();
    const minutes = await rolledUp(database.dataSource, 'minute', deviceIndex());
    expect(minutes).toHaveLength(180);
    expect(minutes).toEqual(await fromRows(database.dataSource, minuteMs, span()));
  });

  test('have minutes where a minute stands for several rows, and those are the aggregates of the rows, too', async () => {
    partition += 1;
    const batch = sender();
    const row = (seq: number, everyMs: number): Arrival => ({
      ts: thisHourMs - 5 * hourMs + seq * everyMs,
      ...{ seq, values: { a: (seq * 7919) % 1_000, b: seq / 100, on: seq % 3 === 0 } },
    });
    const sparse = Array.from({ length: 120 }, (_, seq) => row(seq, 30_000));
    const dense = Array.from({ length: 1_000 }, (_, seq) => row(seq + 1_000, 7_200));
    await (await member()).store(batch([...sparse, ...dense].reverse()));
    await rollUpAll(database.dataSource);
    await expectRollupsOfRows();
    const minutes = await fromRows(database.dataSource, minuteMs, span());
    const rolledUpMinutes = await rolledUp(database.dataSource, 'minute', deviceIndex());
    const [{ start: firstDense = 0 } = {}] = rolledUpMinutes;
    expect(firstDense).toBeGreaterThan(thisHourMs - 4 * hourMs);
    expect(rolledUpMinutes).toEqual(minutes.filter(({ start }) => start >= Math.floor(firstDense / hourMs) * hourMs));
    await rollUpWithoutNames('b');
    await expectRollupsOfRows();
    expect(await rolledUp(database.dataSource, 'minute', deviceIndex())).toEqual(rolledUpMinutes);
  });

  test('of an hour with rows of several classes stand apart, and the hour is noted as mixed until it is no more', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    const at = (seq: number) => ({ ts: thisHourMs - 4 * hourMs + seq, seq, values: { a: seq } });
    const mixed = () =>
      database.dataSource.query('SELECT classes FROM mixed_hour WHERE device_index = $1 ORDER BY classes', [
        deviceIndex(),
      ]);
    const classes = () =>
      database.dataSource.query(
        'SELECT class, count::integer FROM rollup_hour WHERE device_index = $1 ORDER BY class',
        [deviceIndex()],
      );
    await writer.store(batch([at(1), at(2)], 'short'));
    await writer.store(batch([at(3)], 'summary'));
    await rollUpAll(database.dataSource);
    expect(await mixed()).toContainEqual({ classes: 0b1001 });
    expect(await classes()).toEqual([
      { class: 0, count: 2 },
      { class: 3, count: 1 },
    ]);
    // Copies with a class that is kept longer take the rows with them.
    await writer.store(batch([at(1), at(2)], 'summary'));
    await rollUpAll(database.dataSource);
    expect(await mixed()).toEqual([]);
    expect(await classes()).toEqual([{ class: 3, count: 3 }]);
  });
});

describe('the job', () => {
  const old = (seq: number): Arrival => ({ ts: thisHourMs - 6 * hourMs + seq, seq, values: { a: seq } });

  test('leaves a mark that is set while it is at the hour, and repairs at once', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    await writer.store(batch([old(1)]));
    let once = [old(2)];
    const hours = await rollUpAll(database.dataSource, async () => {
      if (once.length > 0) await writer.store(batch(once));
      once = [];
    });
    expect(hours).toBe(2);
    await expectRollupsOfRows();
  });

  test('that is killed at work has changed nothing, and the next run does it', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    await writer.store(batch([old(1)]));
    await rollUpAll(database.dataSource);
    await writer.store(batch([old(2)]));
    const killed = rollUpAll(database.dataSource, async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await expect(killed).rejects.toThrow();
    expect(await pending()).toBe(1);
    // The lock goes with the session that was ended.
    await waitFor(async () => (await rollUpAll(database.dataSource)) !== undefined, { what: 'the next run' });
    await expectRollupsOfRows();
  });

  test('is done by one instance at a time', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    await writer.store(batch([old(1)]));
    let other: number | undefined = -1;
    const one = await rollUpAll(database.dataSource, async () => {
      other = await rollUpAll(database.dataSource);
    });
    expect([one, other]).toEqual([1, undefined]);
  });

  test('waits with an hour for a transaction that relies on an earlier mark of it', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    await writer.store(batch([old(1)]));
    const slow = new Client({ connectionString: database.appUrl, options: `-c search_path=${database.schema}` });
    await slow.connect();
    try {
      // What a writer does that knows the hour to be marked, stopped before its COMMIT.
      await slow.query('BEGIN');
      await slow.query('UPDATE position SET next_offset = next_offset WHERE partition = $1', [partition]);
      await slow.query(
        `INSERT INTO measurement (device_index, ts, received_at, seq, fingerprint, class, "values")
         VALUES ($1, 'epoch'::timestamptz + $2::bigint * interval '1 ms', now(), 2, gen_random_uuid(), 1, '{"a": 2}')`,
        [deviceIndex(), old(2).ts],
      );
      const run = rollUpAll(database.dataSource);
      await waitFor(
        async () => {
          const waiting = await database.dataSource.query<unknown[]>(
            `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE position p SET open_hour%'`,
          );
          return waiting.length === 1;
        },
        { what: 'the job to wait' },
      );
      await slow.query('COMMIT');
      expect(await run).toBe(1);
    } finally {
      await slow.end();
    }
    await expectRollupsOfRows();
  });

  test('rolls up a day when none of its hours is marked any more', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    const day = Math.floor(nowMs / dayMs) * dayMs - dayMs;
    const days = () => rolledUp(database.dataSource, 'day', deviceIndex());
    await writer.store(batch([0, 1, 2].map((seq) => ({ ts: day + seq * hourMs, seq, values: { a: 1 } }))));
    await database.dataSource.query('INSERT INTO rollup_mark VALUES ($1, $2)', [deviceIndex(), 9_999_999]);
    await rollUpAll(database.dataSource);
    expect((await days()).map(({ functions }) => functions['count'])).toEqual([3]);
    await database.dataSource.query('DELETE FROM rollup_mark WHERE hour = 9999999');
  });

  test('marks every hour of a device that a version without marks stored for', async () => {
    partition += 1;
    const [writer, batch] = [await member(), sender()];
    await writer.store(batch([old(1), { ...old(2), ts: nowMs - 2 * dayMs }, old(3)]));
    await database.dataSource.query('DELETE FROM rollup_mark WHERE device_index = $1', [deviceIndex()]);
    await database.dataSource.query('UPDATE device SET marked = 0 WHERE index = $1', [deviceIndex()]);
    await new RollUpHandler(database.dataSource, { graceMs: 0 }).markUnmarked();
    expect(await pending()).toBe(2);
    await rollUpAll(database.dataSource);
    await expectRollupsOfRows();
    expect(await new RollUpHandler(database.dataSource, { graceMs: 0 }).markUnmarked()).toBe(false);
    expect(await pending()).toBe(0);
  });

  /** Hours of the day before yesterday, of devices of their own; without rows unless some are stored. */
  async function markHours(count: number): Promise<{ indexes: number[]; firstHour: number }> {
    const firstHour = (Math.floor(nowMs / dayMs) - 2) * 24;
    const indexes = Array.from({ length: Math.ceil(count / 24) }, (_, at) => 1_000_000 + at);
    await database.dataSource.query(
      `INSERT INTO rollup_mark (device_index, hour)
       SELECT device_index, hour FROM unnest($1::bigint[]) AS device_index, generate_series($2::integer, $2 + 23) AS hour LIMIT $3`,
      [indexes, firstHour, count],
    );
    return { indexes, firstHour };
  }

  test('looks at little more than what one transaction takes, however many rows the hours hold', async () => {
    const { indexes, firstHour } = await markHours(6);
    await database.dataSource.query('SELECT ensure_partition(1::smallint, $1::date)', [new Date(firstHour * hourMs)]);
    await database.dataSource.query(
      `INSERT INTO measurement (device_index, ts, received_at, seq, fingerprint, class, "values")
       SELECT $1, 'epoch'::timestamptz + ($2::bigint + n * 1440) * interval '1 ms', now(), n, gen_random_uuid(), 1, '{"a": 2}'
       FROM generate_series(0, 89999) AS n WHERE n * 1440 < 6 * 3600000`,
      [indexes[0], firstHour * hourMs],
    );
    const watched = await watchStatements(database.dataSource, () => rollUpAll(database.dataSource));
    const looks = watched.flatMap(({ statements }) => {
      const counts = statements.filter(({ sql }) => sql.startsWith('SELECT found.*'));
      return counts.length === 0 ? [] : [counts.map(({ parameters: [asked] }) => (asked as unknown[]).length)];
    });
    expect(looks.some((look) => look.length > 0)).toBe(true);
    for (const look of looks)
      expect(look).toEqual([1, 2, 4, 8, 16, 32].slice(0, look.length - 1).concat(look.at(-1) ?? 0));
    const count = (await rolledUp(database.dataSource, 'hour', indexes[0] as number)).map(
      ({ functions }) => functions['count'],
    );
    expect(count).toEqual([2_500, 2_500, 2_500, 2_500, 2_500, 2_500]);
  });

  test('takes fewer hours at once after what took the database too long, and more again when it works', async () => {
    await markHours(96);
    const taken: number[] = [];
    const tooLong = PersistenceError.retryable('database.timeout', 'the database took too long');
    const rollUp = new RollUpHandler(database.dataSource, {
      graceMs: 0,
      steps: [(_, { hours }) => (taken.push(hours.length) === 1 ? Promise.reject(tooLong) : Promise.resolve())],
    });
    await expect(rollUp.run()).rejects.toMatchObject({ code: 'database.timeout' });
    // The lock goes with the connection that is given up.
    await waitFor(async () => (await rollUp.run()) !== undefined, { what: 'the next run' });
    expect(taken).toEqual([96, 63, 33]);
  });
});
