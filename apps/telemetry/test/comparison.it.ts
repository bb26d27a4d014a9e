import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Midnight UTC, three days ago. */
const startMs = Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs;

interface Answer {
  readonly items: readonly object[];
}

beforeAll(async () => {
  api = await serveQueries();
  const at = (hour: number, seq: number, t: number) => ({
    ts: startMs + hour * hourMs + seq,
    boot: 'b',
    seq,
    values: { t },
  });
  await api.store([
    // Two days, hours 0 and 1; in hour 1 only one device of the fleet has a value.
    { body: [at(0, 1, 10), at(0, 2, 20), at(24, 1, 30), at(25, 1, 7)], key: 'acme/a', deviceIndex: 1 },
    { body: [at(0, 1, 1), at(1, 1, 5), at(24, 1, 2)], key: 'acme/b', deviceIndex: 2 },
    { body: [at(0, 1, 2)], key: 'acme/c', deviceIndex: 3 },
    { body: [at(0, 1, 15)], key: 'acme/d', deviceIndex: 4 },
    { body: [at(0, 1, 99)], key: 'other/foreign', deviceIndex: 5 },
  ]);
});
afterAll(() => api.dispose());

const firstDay = `metric=t&from=${startMs}&to=${startMs + dayMs}`;
const secondDay = `metric=t&from=${startMs + dayMs}&to=${startMs + 2 * dayMs}`;

describe('a device within a fleet', () => {
  test('has value, spread of the fleet, difference, ratio, rank and percentile per bucket', async () => {
    const { body } = await api.get<Answer>(
      `/v1/comparison?device=a&fleet=a,b,c,d,foreign,unknown&function=max&${firstDay}`,
    );
    expect(body).toEqual({
      ...{ metric: 't', function: 'max', bucket: '1h', timeZone: 'UTC' },
      items: [
        {
          ...{ start: startMs, end: startMs + hourMs, value: 20 },
          fleet: { devices: 4, min: 1, median: 8.5, max: 20 },
          ...{ difference: 11.5, ratio: 20 / 8.5, rank: 1, percentile: 87.5 },
        },
        { start: startMs + hourMs, end: startMs + 2 * hourMs, fleet: { devices: 1, min: 5, median: 5, max: 5 } },
      ],
    });
  });

  test('need not be one of it, and any function serves', async () => {
    const path = `/v1/comparison?device=c&fleet=a,b&function=p50&bucket=1d&${firstDay}`;
    const { body } = await api.get<Answer>(path);
    expect(body.items).toEqual([
      {
        ...{ start: startMs, end: startMs + dayMs, value: 2, fleet: { devices: 2, min: 3, median: 9, max: 15 } },
        ...{ difference: -7, ratio: 2 / 9, rank: 3, percentile: 0 },
      },
    ]);
  });
});

describe('a period against another', () => {
  test('pairs buckets by their offset; each side may be missing', async () => {
    const path = `/v1/comparison?device=a,b,c&function=sum&baselineFrom=${startMs}&${secondDay}`;
    const { body } = await api.get<Answer>(path);
    const bucket = (hour: number) => ({
      ...{ start: startMs + dayMs + hour * hourMs, end: startMs + dayMs + (hour + 1) * hourMs },
      ...{ baselineStart: startMs + hour * hourMs, baselineEnd: startMs + (hour + 1) * hourMs },
    });
    expect(body.items).toEqual([
      { device: 'a', ...bucket(0), value: 30, baseline: 30, difference: 0, ratio: 1 },
      { device: 'b', ...bucket(0), value: 2, baseline: 1, difference: 1, ratio: 2 },
      { device: 'c', ...bucket(0), baseline: 2 },
      { device: 'a', ...bucket(1), value: 7 },
      { device: 'b', ...bucket(1), baseline: 5 },
    ]);
  });

  test('ends with the shorter period when both are given; the rest of the longer one has no partner', async () => {
    const baseline = `baselineFrom=${startMs}&baselineTo=${startMs + hourMs}`;
    const { body } = await api.get<Answer>(`/v1/comparison?device=a&function=count&${baseline}&${secondDay}`);
    expect(body.items).toEqual([
      expect.objectContaining({ value: 1, baseline: 2 }),
      { device: 'a', start: startMs + dayMs + hourMs, end: startMs + dayMs + 2 * hourMs, value: 1 },
    ]);
  });

  test('is computed alike on both sides: against itself every bucket is equal', async () => {
    const path = `/v1/comparison?device=a,b&function=stddev&bucket=12h&timeZone=Asia/Kathmandu&baselineFrom=${startMs}&${firstDay}`;
    const { body } = await api.get<{ items: { value?: number; baseline?: number }[] }>(path);
    expect(body.items).toHaveLength(2);
    expect(body.items.every(({ value, baseline }) => value === baseline)).toBe(true);
  });
});

test.each(['1m', '5m', '1h', '1d', '1mo'])('a range that is not given fits buckets of %s', async (bucket) => {
  for (const kind of ['fleet=b,c', `baselineFrom=${startMs}`]) {
    const { status } = await api.get(`/v1/comparison?metric=t&device=a&bucket=${bucket}&${kind}`);
    expect([kind, status]).toEqual([kind, 200]);
  }
});

describe('refusals', () => {
  test.each([
    ['device=a', 'fleet'],
    ['device=a,b&fleet=c', 'device'],
    ['device=a&fleet=b&baselineFrom=1', 'baselineFrom'],
    ['device=a&fleet=b&baselineTo=1', 'baselineTo'],
    ['device=a&baselineFrom=5&baselineTo=5', 'baselineFrom'],
    ['device=a&baselineFrom=soon', 'baselineFrom'],
    ['device=a&fleet=b&function=histogram', 'function'],
    ['device=a&fleet=b&function=p100', 'function'],
    [`device=a&fleet=${Array.from({ length: 201 }, (_, at) => `d${at}`).join(',')}`, 'fleet'],
    ['device=a&fleet=b&bucket=1m', 'bucket'],
    [`device=a&baselineFrom=0&baselineTo=${startMs}`, 'baselineTo'],
    [`device=a&fleet=${Array.from({ length: 199 }, (_, at) => `d${at}`).join(',')}&bucket=5m`, 'bucket'],
  ])('%s is refused for its %s', async (parameters, parameter) => {
    const { status, body } = await api.get<{ errors: readonly object[] }>(`/v1/comparison?${parameters}&${firstDay}`);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter })]]);
  });
});
