import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { dayName, dayOf } from '../src/domain/retention.js';
import { KeepRetentionHandler } from '../src/features/keep-retention/keep-retention.handler.js';
import { asAdmin } from './cold-days.fixture.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';
import { dayMs, hourMs, keepOnlyRollups, rollUpAll } from './rollups.fixture.js';

let api: QueryService;
const today = dayOf(Date.now());
/** The first day of class `summary` that is over. */
const overDay = today - 31;
/** A day of which class `summary` has only rollups. */
const goneDay = today - 40;

beforeAll(async () => void (api = await serveQueries()));
afterAll(() => api.dispose());

let lastIndex = 0;
const at = (day: number, seq: number, t: number) => ({ ts: day * dayMs + hourMs + seq, boot: 'b', seq, values: { t } });
async function store(index: number, body: readonly object[], retentionClass = 'summary'): Promise<void> {
  await api.store([{ body, key: `acme/device-${index}`, deviceIndex: index, retentionClass }]);
}
async function countsOf(index: number): Promise<object> {
  const [counts] = await api.database.dataSource.query<[object]>(
    `SELECT stored::integer, duplicates::integer, expired::integer FROM device WHERE index = $1`,
    [index],
  );
  return counts;
}
async function sums(index: number, day: number): Promise<{ sum: number; count: number }[]> {
  const range = `from=${day * dayMs}&to=${(day + 1) * dayMs}`;
  const path = `/v1/aggregates?device=device-${index}&metric=t&bucket=1d&functions=sum,count&${range}`;
  const { body } = await api.get<{ items: { sum: number; count: number }[] }>(path);
  return body.items.map(({ sum, count }) => ({ sum, count }));
}
const leaf = (day: number): string => `measurement_summary_${dayName(day).replaceAll('-', '')}`;

/** As if they had been stored while the day was kept: only the owner can make a partition of a day that is over. */
async function storedBefore(
  index: number,
  rows: readonly { readonly ts: number; readonly t: number }[],
): Promise<void> {
  await asAdmin(api.database, async (admin) => {
    const day = dayOf(rows[0]?.ts ?? 0);
    await admin.query(`CREATE TABLE IF NOT EXISTS ${leaf(day)} PARTITION OF measurement_summary
      FOR VALUES FROM ('${dayName(day)} 00:00+00') TO ('${dayName(day + 1)} 00:00+00')`);
    await admin.query(`ALTER TABLE ${leaf(day)} OWNER TO ${api.database.ownerRole}`);
    await admin.query(
      `INSERT INTO measurement (device_index, ts, received_at, fingerprint, class, "values")
       SELECT $1, 'epoch'::timestamptz + ts * interval '1 ms', now(), gen_random_uuid(), 3, jsonb_build_object('t', t)
       FROM unnest($2::bigint[], $3::integer[]) AS one (ts, t)`,
      [index, rows.map(({ ts }) => ts), rows.map(({ t }) => t)],
    );
    await admin.query(
      `INSERT INTO rollup_mark (device_index, hour) SELECT DISTINCT $1::bigint, (ts / ${hourMs})::integer FROM unnest($2::bigint[]) ts`,
      [index, rows.map(({ ts }) => ts)],
    );
  });
}

describe('what is later than its class is kept', () => {
  test('is counted as expired and changes nothing, whether the day is dropped already or not', async () => {
    const index = ++lastIndex;
    await store(index, [at(today, 1, 1)]);
    await storedBefore(index, [{ ts: overDay * dayMs + hourMs, t: 5 }]);
    await store(index, [at(overDay, 2, 100), at(overDay, 2, 100), at(today - 60, 3, 100)]);
    expect(await countsOf(index)).toEqual({ stored: 1, duplicates: 0, expired: 3 });
    await rollUpAll(api.database.dataSource);
    expect(await sums(index, overDay)).toEqual([{ sum: 5, count: 1 }]);
    expect(await sums(index, today - 60)).toEqual([]);
  });

  test('changes no rollups that outlive the rows', async () => {
    const index = ++lastIndex;
    await store(index, [at(today, 1, 1)]);
    await keepOnlyRollups(api.database.dataSource, {
      ...{ deviceIndex: index, metric: 't', tsMs: goneDay * dayMs + hourMs, value: 7 },
    });
    await store(index, [at(goneDay, 2, 100)]);
    await rollUpAll(api.database.dataSource);
    expect(await countsOf(index)).toEqual({ stored: 1, duplicates: 0, expired: 1 });
    expect(await sums(index, goneDay)).toEqual([{ sum: 7, count: 1 }]);
  });
});

describe('class summary', () => {
  test('keeps rows that wait for their rollup beyond their time, rolls them up then, and drops them after that', async () => {
    const index = ++lastIndex;
    await store(index, [at(today, 1, 1)]);
    const ts = overDay * dayMs + 2 * hourMs;
    await storedBefore(
      index,
      [...Array(400).keys()].map((seq) => ({ ts: ts + seq * 5_000, t: 2 })),
    );
    const keep = () => new KeepRetentionHandler(api.database.dataSource, systemClock).run();
    expect((await keep())?.dropped).not.toContain(leaf(overDay));
    await rollUpAll(api.database.dataSource);
    expect(await sums(index, overDay)).toEqual([{ sum: 800, count: 400 }]);
    expect((await keep())?.dropped).toContain(leaf(overDay));
    expect(await sums(index, overDay)).toEqual([{ sum: 800, count: 400 }]);
  });

  test('keeps its rollups when a late row of a class that is kept longer is rolled up beside them', async () => {
    const index = ++lastIndex;
    await store(index, [at(today, 1, 1)]);
    await keepOnlyRollups(api.database.dataSource, {
      ...{ deviceIndex: index, metric: 't', tsMs: goneDay * dayMs + hourMs, value: 7 },
    });
    await store(index, [at(goneDay, 2, 100)], 'standard');
    await rollUpAll(api.database.dataSource);
    expect(await countsOf(index)).toEqual({ stored: 2, duplicates: 0, expired: 0 });
    expect(await sums(index, goneDay)).toEqual([{ sum: 107, count: 2 }]);
  });
});

test('what is up to a week ahead is stored where it says, and shown when it is asked for', async () => {
  const index = ++lastIndex;
  await store(index, [at(today + 7, 1, 3)], 'standard');
  expect(await countsOf(index)).toEqual({ stored: 1, duplicates: 0, expired: 0 });
  expect(await sums(index, today + 7)).toEqual([{ sum: 3, count: 1 }]);
  const path = `/v1/devices/device-${index}/measurements`;
  expect((await api.get<{ items: unknown[] }>(path)).body.items).toEqual([]);
  const asked = await api.get<{ items: unknown[] }>(`${path}?from=${(today + 7) * dayMs}&to=${(today + 8) * dayMs}`);
  expect(asked.body.items).toHaveLength(1);
});
