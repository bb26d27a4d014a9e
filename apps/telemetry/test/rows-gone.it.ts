import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type QueryService, serveQueries } from './query-service.fixture.js';
import { dayMs, hourMs, keepOnlyRollups } from './rollups.fixture.js';

let api: QueryService;
const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
/** Rows of class `summary` are kept from here on. */
const rowsFromMs = todayMs - 30 * dayMs;
const goneMs = todayMs - 40 * dayMs;

beforeAll(async () => {
  api = await serveQueries();
  const body = (dayStartMs: number, values: object) => ({ ts: dayStartMs + 2 * hourMs, boot: 'b', seq: 1, values });
  const summary = { deviceIndex: 9, retentionClass: 'summary' };
  await api.store([
    { ...summary, body: [body(todayMs - 2 * dayMs, { t: 4, mode: 'on' })], key: 'acme/old' },
    // Rows that are older than what is gone: a class that is kept for longer.
    { ...summary, body: [body(todayMs - 55 * dayMs, { t: 1 })], key: 'acme/old', retentionClass: 'standard' },
    { body: [body(goneMs, { t: 3 })], key: 'acme/young', deviceIndex: 10 },
    { ...summary, body: [body(rowsFromMs + dayMs, { t: 5 })], key: 'acme/edge', deviceIndex: 11 },
  ]);
  const gone = { metric: 't', value: 7 };
  await keepOnlyRollups(api.database.dataSource, { ...gone, deviceIndex: 9, tsMs: goneMs + 2 * hourMs });
  await keepOnlyRollups(api.database.dataSource, { ...gone, deviceIndex: 11, tsMs: rowsFromMs - 2 * dayMs });
});
afterAll(() => api.dispose());

const between = (fromMs: number, toMs: number): string => `from=${fromMs}&to=${toMs}`;
const goneDay = between(goneMs, goneMs + dayMs);
const aggregates = (functions: string, range: string, more = ''): string =>
  `/v1/aggregates?device=old&metric=t&bucket=1h&functions=${functions}&${range}${more}`;

async function expectRefusal(path: string, accept = 'application/json'): Promise<void> {
  const { status, body, contentType } = await api.get<{ type: string; detail: string }>(path, { accept });
  expect([status, body.type]).toEqual([422, 'urn:myelin:problem:resolution-unavailable']);
  expect(body.detail).toContain(new Date(rowsFromMs).toISOString());
  expect(contentType).toMatch(/^application\/problem\+json/);
}

async function items(path: string): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await api.get<{ items: readonly Record<string, unknown>[] }>(path);
  expect(status).toBe(200);
  return body.items;
}

describe('where only rollups are left', () => {
  test('functions that follow from them are answered', async () => {
    expect(await items(aggregates('avg,count', goneDay))).toEqual([expect.objectContaining({ avg: 7, count: 1 })]);
  });

  test.each([
    ['the median', 'median', ''],
    ['a percentile', 'p99.9', ''],
    ['a percentile beside what would be answered', 'avg,p5', ''],
    ['a histogram', 'histogram', '&histogramBins=3'],
  ])('%s is refused, and it is said from when on it would be answered', async (_, functions, more) => {
    await expectRefusal(aggregates(functions, goneDay, more));
    expect(await items(aggregates(functions, between(rowsFromMs, todayMs), more))).toHaveLength(1);
  });

  test.each(['application/json', 'application/x-ndjson', 'text/csv'])(
    'a range that begins before is refused as a whole, before anything is told: %s',
    async (accept) => {
      await expectRefusal(aggregates('median', between(todayMs - 60 * dayMs, todayMs)), accept);
      const quarters = `/v1/aggregates?device=old&metric=t&bucket=15m&functions=avg&${between(todayMs - 60 * dayMs, todayMs)}`;
      await expectRefusal(quarters, accept);
    },
  );

  test('a range that ends before, a metric that was not measured and a class that is kept are answered', async () => {
    expect(await items(aggregates('median', between(todayMs - 60 * dayMs, goneMs)))).toEqual([
      expect.objectContaining({ median: 1 }),
    ]);
    expect(await items(`/v1/aggregates?device=old&metric=other&functions=median&${goneDay}`)).toEqual([]);
    expect(await items(`/v1/aggregates?device=young&metric=t&functions=median&${goneDay}`)).toEqual([
      expect.objectContaining({ median: 3 }),
    ]);
  });

  test('a comparison is refused for either side', async () => {
    const now = between(todayMs - 3 * dayMs, todayMs);
    await expectRefusal(`/v1/comparison?metric=t&function=median&device=young&fleet=young,old&${goneDay}`);
    await expectRefusal(
      `/v1/comparison?metric=t&function=median&device=old&baselineFrom=${todayMs - 4 * dayMs}&${goneDay}`,
    );
    await expectRefusal(`/v1/comparison?metric=t&function=p9&device=old&baselineFrom=${goneMs - dayMs}&${now}`);
    expect(await items(`/v1/comparison?metric=t&function=max&device=young&fleet=old&${goneDay}`)).toHaveLength(1);
  });
});

describe('gap filling', () => {
  const firstDays = between(rowsFromMs, rowsFromMs + 2 * dayMs);

  test('of a range without rows is refused as without filling', async () => {
    await expectRefusal(aggregates('median', goneDay, '&fill=previous'));
  });

  test.each(['previous', 'linear'])('%s looks for neighbours as far as they can be told, no further', async (fill) => {
    const daily = `/v1/aggregates?device=old&metric=t&bucket=1d&fill=${fill}&${firstDays}`;
    expect(await items(`${daily}&functions=median`)).toEqual([
      expect.objectContaining({ median: null, filled: true }),
      expect.objectContaining({ median: null, filled: true }),
    ]);
    const told = (await items(`${daily}&functions=max`)).map(({ max }) => max);
    expect(told).toEqual(fill === 'previous' ? [7, 7] : [expect.any(Number), expect.any(Number)]);
  });

  test('a neighbour before the range is found where its rows are kept, whatever is gone before it', async () => {
    const range = between(rowsFromMs + 3 * dayMs, rowsFromMs + 4 * dayMs);
    const daily = `/v1/aggregates?device=edge&metric=t&bucket=1d&functions=median&${range}`;
    expect(await items(`${daily}&fill=previous`)).toEqual([expect.objectContaining({ median: 5, filled: true })]);
  });
});

describe('states and windows', () => {
  const states = (metric: string, range: string, more = ''): string =>
    `/v1/devices/old/states?metric=${metric}&${range}${more}`;

  test('runs and totals of numbers are refused where only rollups are left', async () => {
    await expectRefusal(states('t', goneDay));
    await expectRefusal(states('t', between(todayMs - 60 * dayMs, todayMs), '&summary=true'));
    await expectRefusal(states('t', between(todayMs - 60 * dayMs, todayMs)), 'application/x-ndjson');
    expect(await items(states('t', between(rowsFromMs, todayMs)))).toEqual([expect.objectContaining({ value: 4 })]);
  });

  test('a state is not carried in over values that are gone', async () => {
    const between40And30 = between(goneMs + dayMs, todayMs);
    expect(await items(states('t', between40And30))).toEqual([expect.objectContaining({ value: 4 })]);
    const before = between(goneMs - 2 * dayMs, goneMs - dayMs);
    expect(await items(states('t', before))).toEqual([expect.objectContaining({ value: 1, carriedIn: true })]);
  });

  test('texts and arrays leave no rollups: they end with their rows, as in any other class', async () => {
    const all = between(todayMs - 60 * dayMs, todayMs);
    expect(await items(states('mode', all))).toEqual([expect.objectContaining({ value: 'on' })]);
    expect(await items(`/v1/devices/old/windows?metric=w&${all}`)).toEqual([]);
  });
});
