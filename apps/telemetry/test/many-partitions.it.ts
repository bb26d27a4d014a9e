import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { dayMs, dayName, dayOf } from '../src/domain/retention.js';
import { KeepRetentionHandler } from '../src/features/keep-retention/keep-retention.handler.js';
import { RollUpHandler } from '../src/features/roll-up/roll-up.handler.js';
import { asAdmin, freezer } from './cold-days.fixture.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';
import { rollUpAll } from './rollups.fixture.js';
import { type WatchedStatement, watchStatements } from './watched-statements.fixture.js';

let api: QueryService;
const today = dayOf(Date.now());
const hourMs = 3_600_000;
const minuteMs = 60_000;
const fleet = Array.from({ length: 50 }, (_, at) => `fleet-${at}`);

/** Days of class `long`, plain and compressed; months of its rollups are made beside them. */
const daysKept = 1_120;
/** Over, and not dropped yet. */
const daysOver = [today - 1_829, today - 1_828];

/**
 * What a service may hold at a time under PostgreSQL's defaults, `max_locks_per_transaction` (64) times `max_connections`
 * (100), shared by all of this service's connections: 4 write, 6 read, 2 keep up.
 */
const mostLocks = Math.floor((64 * 100) / 12);

beforeAll(async () => {
  api = await serveQueries();
  await asAdmin(api.database, async (admin) => {
    await admin.query(makePartitions);
    await admin.query(
      `INSERT INTO device (index, tenant, device, classes) SELECT at, 'acme', 'fleet-' || at, 4 FROM generate_series(0, 49) at`,
    );
    await admin.query(
      `INSERT INTO rollup_day (device_index, start, first_ts, last_ts, count, resets, class, metric, sum, sum_squares, min, max,
         first, last, area, increase, sum_t, sum_tt, sum_tv)
       SELECT device, start, start, start, 1, 0, 2, 't', day, day * day, day, day, day, day, 0, 0, 0, 0, 0
       FROM generate_series(0, 49) device, generate_series(${today} - 400, ${today} - 1) day,
         LATERAL (SELECT 'epoch'::timestamptz + day * interval '1 day' AS start) one`,
    );
    await admin.query('ANALYZE rollup_day');
  });
}, 120_000);
afterAll(async () => {
  // Not all in the one transaction in which the fixture drops its schema.
  await asAdmin(api.database, (admin) => admin.query(dropPartitions));
  await api.dispose();
}, 120_000);

/** A hundred at a time: locks last as long as their transaction. */
const makePartitions = `
  DO $body$ DECLARE leaf record; made integer := 0; BEGIN
    FOR leaf IN
      SELECT parent, date 'epoch' + day AS first_day, date 'epoch' + day + 1 AS next_day, 'YYYYMMDD' AS digits
      FROM unnest(ARRAY['measurement_long', 'segment_long']) AS parent,
        LATERAL (SELECT * FROM generate_series(${today - daysKept}, ${today - 2}) UNION SELECT unnest(ARRAY[${daysOver.join(',')}])) AS kept (day)
      UNION ALL
      SELECT parent, month::date, (month + interval '1 month')::date, 'YYYYMM'
      FROM unnest(ARRAY['rollup_hour_long', 'rollup_day_long']) AS parent,
        generate_series(date_trunc('month', date 'epoch' + ${today - daysKept}), date 'epoch' + ${today}, interval '1 month') AS month
    LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        leaf.parent || '_' || to_char(leaf.first_day, leaf.digits), leaf.parent, leaf.first_day || ' 00:00+00', leaf.next_day || ' 00:00+00');
      EXECUTE format('ALTER TABLE %I OWNER TO %I', leaf.parent || '_' || to_char(leaf.first_day, leaf.digits),
        (SELECT tableowner FROM pg_tables WHERE schemaname = current_schema() AND tablename = leaf.parent));
      made := made + 1;
      IF made % 100 = 0 THEN COMMIT; END IF;
    END LOOP;
  END $body$`;

const dropPartitions = `
  DO $body$ DECLARE leaf record; dropped integer := 0; BEGIN
    FOR leaf IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relispartition LOOP
      EXECUTE format('DROP TABLE %I', leaf.relname);
      dropped := dropped + 1;
      IF dropped % 100 = 0 THEN COMMIT; END IF;
    END LOOP;
  END $body$`;

const watch = (work: () => Promise<unknown>): Promise<WatchedStatement[]> =>
  watchStatements(api.database.dataSource, work);

/** Days of rows, plain or compressed, that statements opened. */
function rowDays(watched: readonly WatchedStatement[]): string[] {
  const leaves = watched.flatMap(({ partitions }) => partitions).filter((name) => /^(measurement|segment)_/.test(name));
  return [...new Set(leaves.map((name) => name.slice(-8)))].sort();
}
const days = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, at) => dayName(first + at).replaceAll('-', ''));

async function watchedAnswer(path: string): Promise<{ items: readonly unknown[]; watched: WatchedStatement[] }> {
  let items: readonly unknown[] = [];
  const watched = await watch(async () => {
    const { status, body } = await api.get<{ items: readonly unknown[] }>(path);
    expect([status, body]).toEqual([200, expect.anything()]);
    ({ items } = body);
  });
  expect(watched.length).toBeGreaterThan(0);
  return { items, watched };
}
const between = (fromMs: number, toMs: number): string => `from=${fromMs}&to=${toMs}`;
const mostOf = (watched: readonly WatchedStatement[]): number => Math.max(...watched.map(({ locks }) => locks));

test('there are thousands of partitions', async () => {
  const [row] = await api.database.dataSource.query<[{ days: number }]>(
    `SELECT count(*)::integer AS days FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname ~ '_[0-9]{8}$'`,
    [api.database.schema],
  );
  expect(row.days).toBeGreaterThan(2_000);
});

describe.each([
  ['a day', 1],
  ['a month', 30],
  ['a year', 365],
])('over %s', (_, length) => {
  const last = today - 20;
  const first = last - length + 1;
  const range = between(first * dayMs, (last + 1) * dayMs);

  test.each([
    ['measurements', '/v1/devices/fleet-7/measurements?limit=10', 0],
    ['raw measurements', '/v1/devices/fleet-7/measurements/raw?limit=10', 0],
    ['windows', '/v1/devices/fleet-7/windows?metric=w', 0],
    ['states, carried in from a month before', '/v1/devices/fleet-7/states?metric=t', 31],
    ['percentiles of days', '/v1/aggregates?device=fleet-7&metric=t&bucket=1d&functions=p95,avg', 0],
    ['percentiles of months', '/v1/aggregates?device=fleet-7&metric=t&bucket=1mo&functions=p95', 0],
  ])('%s open partitions of that time alone, few at a time', async (_name, path, daysBefore) => {
    const { watched } = await watchedAnswer(`${path}&${range}`);
    const opened = rowDays(watched);
    expect(opened).toEqual(days(first - daysBefore, last));
    expect(mostOf(watched)).toBeLessThan(mostLocks);
  });

  test('aggregates open rollups of that time alone, and no rows', async () => {
    const path = `/v1/aggregates?device=fleet-7&metric=t&bucket=1d&functions=avg,count&${range}`;
    const { items, watched } = await watchedAnswer(path);
    expect(items).toHaveLength(length);
    expect(rowDays(watched)).toEqual([]);
    const months = watched.flatMap(({ partitions }) => partitions).filter((name) => /^rollup_/.test(name));
    const firstMonth = dayName(first).slice(0, 7).replace('-', '');
    const lastMonth = dayName(last + 1)
      .slice(0, 7)
      .replace('-', '');
    expect(months.length).toBeGreaterThan(0);
    for (const month of months.map((name) => name.slice(-6))) {
      expect([month >= firstMonth, month <= lastMonth]).toEqual([true, true]);
    }
    expect(mostOf(watched)).toBeLessThan(mostLocks);
  });
});

describe('aggregates over a year', () => {
  const first = today - 380;
  const year = between(first * dayMs, (first + 365) * dayMs);
  const plan = async ({ statements }: WatchedStatement): Promise<string[]> => {
    const { sql, parameters } = statements.at(-1) ?? {
      sql: '',
      parameters: [],
    };
    const [row] = await api.database.dataSource.query<[{ 'QUERY PLAN': string }]>(`EXPLAIN (FORMAT JSON) ${sql}`, [
      ...parameters,
    ]);
    return [...JSON.stringify(row['QUERY PLAN']).matchAll(/"Relation Name":"(\w+)"/g)].map(([, name]) => name ?? '');
  };
  /** Transactions that answered aggregates, each ending with the statement that read the values. */
  const answers = (watched: readonly WatchedStatement[]): WatchedStatement[] =>
    watched.filter(({ statements }) => statements.at(-1)?.sql.startsWith('SELECT bucket - 1') === true);

  test.each([
    ['one device', fleet.slice(7, 8)],
    ['many devices', fleet],
  ])('of %s read days of rollups, not rows: so the plan says', async (_, devices) => {
    const path = `/v1/aggregates?device=${devices.join(',')}&metric=t&bucket=1mo&functions=sum,count,slope&limit=10000&${year}`;
    const { items, watched } = await watchedAnswer(path);
    expect((items as { count: number }[]).reduce((sum, { count }) => sum + count, 0)).toBe(devices.length * 365);
    const tables = (await Promise.all(answers(watched).map(plan))).flat();
    expect(tables.length).toBeGreaterThan(0);
    expect(tables.filter((name) => !/^rollup_(day|hour)_long_\d{6}$/.test(name))).toEqual([]);
    expect(tables.filter((name) => name.startsWith('rollup_day')).length).toBeGreaterThanOrEqual(12);
    expect(rowDays(watched)).toEqual([]);
  });

  test('whose ends are no whole days read hours there, and rows where they are no whole hours', async () => {
    const ragged = between(first * dayMs + 90 * minuteMs, (first + 365) * dayMs + 13.5 * hourMs);
    const { watched } = await watchedAnswer(`/v1/aggregates?device=fleet-7&metric=t&bucket=1d&functions=sum&${ragged}`);
    expect(rowDays(watched)).toEqual([...days(first, first), ...days(first + 365, first + 365)]);
    const tables = (await Promise.all(answers(watched).map(plan))).flat();
    const kinds = new Set(tables.map((name) => name.replace(/_\d+$/, '')));
    expect([...kinds].sort()).toEqual(['measurement_long', 'rollup_day_long', 'rollup_hour_long', 'segment_long']);
  });

  test('with hours that wait for their rollup read the rows of those, and the hours around them', async () => {
    const waiting = [first + 5, first + 200];
    const mark = (verb: string) => api.database.dataSource.query(verb, [7, waiting.map((day) => day * 24 + 7)]);
    await mark('INSERT INTO rollup_mark (device_index, hour) SELECT $1, hour FROM unnest($2::integer[]) AS hour');
    try {
      const { watched } = await watchedAnswer(`/v1/aggregates?device=fleet-7&metric=t&bucket=1d&functions=sum&${year}`);
      expect(rowDays(watched)).toEqual(waiting.flatMap((day) => days(day, day)));
    } finally {
      await mark('DELETE FROM rollup_mark WHERE device_index = $1 AND hour = ANY ($2::integer[])');
    }
  });

  test('in zones that hours do not tile read their minutes and rows few days at a time', async () => {
    const path = `/v1/aggregates?device=fleet-7&metric=t&bucket=1d&timeZone=Asia/Kathmandu&functions=sum&${year}`;
    const { watched } = await watchedAnswer(path);
    expect(mostOf(watched)).toBeLessThan(mostLocks);
  });
});

test('retention drops days that are over, each with few locks', async () => {
  let dropped: readonly string[] = [];
  const watched = await watch(async () => {
    const outcome = await new KeepRetentionHandler(api.database.dataSource, systemClock).run();
    dropped = outcome?.dropped ?? [];
  });
  const names = daysOver.flatMap((day) =>
    ['measurement_long', 'segment_long'].map((name) => `${name}_${days(day, day).join('')}`),
  );
  expect(dropped).toEqual(names);
  expect(mostOf(watched)).toBeLessThan(mostLocks);
});

describe('a writer', () => {
  const at = (day: number, seq: number) => ({
    // Not long after midnight, so that today's is past or nearly so at any time of day.
    ts: day * dayMs + hourMs + seq,
    boot: 'b',
    seq,
    values: { t: seq },
  });
  const store = (body: readonly object[]): Promise<WatchedStatement[]> =>
    watch(() => api.store([{ body, key: 'acme/writer', deviceIndex: 900, retentionClass: 'long' }]));

  test('opens the days that it stores into, copies and all, even with years between them', async () => {
    const [old, recent] = [today - 1_000, today - 3];
    await store([at(recent, 1), at(old, 1)]);
    const watched = await store([at(recent, 1), at(old, 1), at(old, 2), at(recent, 2)]);
    expect(rowDays(watched)).toEqual([...days(old, old), ...days(recent, recent)]);
    expect(mostOf(watched)).toBeLessThan(mostLocks);
    const [counts] = await api.database.dataSource.query<object[]>(
      'SELECT stored, duplicates FROM device WHERE index = 900',
    );
    expect(counts).toEqual({ stored: '4', duplicates: '2' });
  });

  test('thaws a compressed day among them', async () => {
    await freezer(api.database).run(new AbortController().signal);
    const old = today - 1_000;
    const watched = await store([at(old, 1), at(today, 1)]);
    expect(rowDays(watched)).toEqual([...days(old, old), ...days(today, today)]);
    const [counts] = await api.database.dataSource.query<object[]>(
      'SELECT stored, duplicates FROM device WHERE index = 900',
    );
    expect(counts).toEqual({ stored: '5', duplicates: '3' });
  });

  test('leaves marks that are taken day by day', async () => {
    const watched = await watch(() => rollUpAll(api.database.dataSource));
    expect(rowDays(watched)).toEqual([
      ...days(today - 1_000, today - 1_000),
      ...days(today - 3, today - 3),
      ...days(today, today),
    ]);
    for (const one of watched) expect(rowDays([one]).length).toBeLessThanOrEqual(1);
  });

  test('that set no marks has its device marked a month at a time', async () => {
    await api.database.dataSource.query('UPDATE device SET marked = stored - 3 WHERE index = 900');
    const watched = await watch(() => new RollUpHandler(api.database.dataSource, { graceMs: 0 }).markUnmarked());
    expect(mostOf(watched)).toBeLessThan(mostLocks);
    const marks = await api.database.dataSource.query<{ hour: number }[]>('SELECT hour FROM rollup_mark ORDER BY 1');
    expect(marks.map(({ hour }) => hour)).toEqual([today - 1_000, today - 3, today].map((day) => day * 24 + 1));
    await rollUpAll(api.database.dataSource);
  });
});
