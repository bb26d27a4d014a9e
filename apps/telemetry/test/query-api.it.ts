import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { encodeCursor } from '@myelin/service-kit';
import { contentOf } from '../src/features/store-measurements/fingerprint.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
/** Noon UTC yesterday: the range below crosses no partition's edge by accident. */
const noonMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs / 2;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}
interface Raw {
  readonly ts: number;
  readonly seq?: number;
  readonly fingerprint: string;
}

beforeAll(async () => {
  api = await serveQueries();
  const series = Array.from({ length: 250 }, (_, seq) => ({
    ts: noonMs + seq * 60_000,
    boot: 'b',
    seq,
    values: { t: seq, on: seq % 2 === 0 },
  }));
  await api.store([
    { body: series, key: 'acme/series', deviceIndex: 10 },
    { body: series.slice(0, 3), key: 'acme/series', deviceIndex: 10 },
    {
      body: { ts: noonMs, boot: 'b', seq: 7, values: { t: 1 } },
      key: 'acme/rivals',
      deviceIndex: 11,
      outOfRange: '0:t',
    },
    { body: { ts: noonMs, boot: 'b', seq: 8, values: { t: 2, h: 50 } }, key: 'acme/rivals', deviceIndex: 11 },
    {
      body: { ts: noonMs - 1, boot: 'b', seq: 9, values: { h: 40, p: { lat: 1, lon: 2 } } },
      key: 'acme/rivals',
      deviceIndex: 11,
    },
    { body: { ts: noonMs, boot: 'x', seq: 1, values: { t: 3 } }, key: 'acme/moved', deviceIndex: 12 },
    {
      body: { ts: noonMs + 1, boot: 'y', seq: 1, values: { t: 4 } },
      key: 'acme/moved',
      deviceIndex: 13,
      retentionClass: 'long',
    },
  ]);
});
afterAll(() => api.dispose());

const range = `from=${noonMs - dayMs / 2}&to=${noonMs + dayMs / 2}`;

describe('measurements', () => {
  test('readers see one value per metric and ts: higher seq, whatever else was kept', async () => {
    const { body } = await api.get<Page<unknown>>(`/v1/devices/rivals/measurements?${range}`);
    expect(body.items).toEqual([
      { ts: noonMs - 1, values: { h: 40, p: { lat: 1, lon: 2 } } },
      { ts: noonMs, values: { h: 50, t: 2 } },
    ]);
    const onlyT = await api.get<Page<unknown>>(`/v1/devices/rivals/measurements?${range}&metric=t`);
    expect(onlyT.body.items).toEqual([{ ts: noonMs, values: { t: 2 } }]);
  });

  test('pages join to the whole without gap or repetition, also across day and page edges', async () => {
    const seen: number[] = [];
    let cursor = '';
    do {
      const { body }: { body: Page<{ ts: number }> } = await api.get(
        `/v1/devices/series/measurements?${range}&limit=49${cursor}`,
      );
      seen.push(...body.items.map(({ ts }) => ts));
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(Array.from({ length: 250 }, (_, seq) => noonMs + seq * 60_000));
  });

  test('a device that was registered anew has one history', async () => {
    const { body } = await api.get<Page<unknown>>(`/v1/devices/moved/measurements?${range}`);
    expect(body.items).toEqual([
      { ts: noonMs, values: { t: 3 } },
      { ts: noonMs + 1, values: { t: 4 } },
    ]);
  });

  test('the latest value is per metric', async () => {
    const { body } = await api.get<unknown>('/v1/devices/rivals/latest');
    const metrics = [
      { metric: 'h', ts: noonMs, value: 50 },
      { metric: 'p', ts: noonMs - 1, value: { lat: 1, lon: 2 } },
      { metric: 't', ts: noonMs, value: 2 },
    ];
    expect(body).toEqual({ device: 'rivals', metrics });
  });
});

describe('raw measurements', () => {
  test('show what is stored: losers, copies, flags, boot and seq', async () => {
    const { body } = await api.get<Page<unknown>>(`/v1/devices/rivals/measurements/raw?${range}`);
    expect(body.items).toHaveLength(3);
    const { fingerprint } = contentOf('b', 7, { t: 1 });
    const loser = { ts: noonMs, boot: 'b', seq: 7, fingerprint, duplicates: 0, outOfRange: ['t'], values: { t: 1 } };
    expect(body.items).toContainEqual(
      expect.objectContaining({ ...loser, deviceIndex: 11, retentionClass: 'standard' }),
    );
    const series = await api.get<Page<{ duplicates: number }>>(`/v1/devices/series/measurements/raw?${range}&limit=4`);
    expect(series.body.items.map(({ duplicates }) => duplicates)).toEqual([1, 1, 1, 0]);
  });

  test('pages and the NDJSON stream hold the same rows', async () => {
    const lines = await api.lines<Raw>(`/v1/devices/series/measurements/raw?${range}`);
    expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 250 }, (_, seq) => seq));
    const paged: Raw[] = [];
    let cursor = '';
    do {
      const { body }: { body: Page<Raw> } = await api.get(
        `/v1/devices/series/measurements/raw?${range}&limit=100${cursor}`,
      );
      paged.push(...body.items);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(lines);
    expect(await api.lines(`/v1/devices/series/measurements/raw?${range}&limit=7`)).toHaveLength(7);
    expect(await api.lines(`/v1/devices/series/measurements/raw?from=0&to=1000`)).toEqual([]);
  });

  test('a page may end within a moment that has many rows', async () => {
    const paged: Raw[] = [];
    let cursor = '';
    do {
      const { body }: { body: Page<Raw> } = await api.get(
        `/v1/devices/rivals/measurements/raw?${range}&limit=1${cursor}`,
      );
      paged.push(...body.items);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(new Set(paged.map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(paged).toHaveLength(3);
  });
});

describe('aggregates', () => {
  const twoHours = `from=${noonMs}&to=${noonMs + dayMs / 12}`;

  test('count winners alone, per bucket, device and metric', async () => {
    const path = `/v1/aggregates?device=series,rivals&metric=t&metric=on&bucket=1h&${twoHours}`;
    const { body } = await api.get<Page<unknown>>(path);
    const hourMs = 3_600_000;
    const first = { start: noonMs, end: noonMs + hourMs };
    const second = { start: noonMs + hourMs, end: noonMs + 2 * hourMs };
    const t = { device: 'series', metric: 't' };
    expect(body.items).toEqual([
      { ...t, ...first, min: 0, max: 59, avg: 29.5, sum: 1770, count: 60, first: 0, last: 59 },
      { device: 'series', metric: 'on', ...first, min: 0, max: 1, avg: 0.5, sum: 30, count: 60, first: 1, last: 0 },
      { device: 'rivals', metric: 't', ...first, min: 2, max: 2, avg: 2, sum: 2, count: 1, first: 2, last: 2 },
      { ...t, ...second, min: 60, max: 119, avg: 89.5, sum: 5370, count: 60, first: 60, last: 119 },
      { device: 'series', metric: 'on', ...second, min: 0, max: 1, avg: 0.5, sum: 30, count: 60, first: 1, last: 0 },
    ]);
  });

  test('pages, the stream and the chosen functions agree, from a range that cuts its first bucket', async () => {
    const cut = `from=${noonMs + 90_000}&to=${noonMs + dayMs / 12}`;
    const path = `/v1/aggregates?device=series&metric=t,on&bucket=5m&functions=count,last&${cut}`;
    const lines = await api.lines<{ start: number; count: number }>(path);
    expect(lines.filter((_, index) => index % 2 === 0).reduce((total, { count }) => total + count, 0)).toBe(118);
    expect(Object.keys(lines[0] ?? {}).sort()).toEqual(['count', 'device', 'end', 'last', 'metric', 'start']);
    const paged: unknown[] = [];
    let cursor = '';
    do {
      const { body }: { body: Page<unknown> } = await api.get(`${path}&limit=7${cursor}`);
      paged.push(...body.items);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(lines);
  });

  test('a range far beyond what is stored costs no more than what is stored, and answers the same', async () => {
    const path = '/v1/aggregates?device=series,rivals&metric=t,on&bucket=1m';
    const near = await api.lines(`${path}&from=${noonMs - dayMs}&to=${noonMs + dayMs}`);
    const statements = jest.spyOn(api.database.dataSource, 'query');
    const far = await api.lines(`${path}&from=0&to=9999-12-31T00:00:00Z`);
    const cost = statements.mock.calls.length;
    statements.mockRestore();
    expect(far).toEqual(near);
    expect(far).not.toHaveLength(0);
    expect(cost).toBeLessThan(10);
  });

  test('a time that is none is one fault, which says what a time looks like', async () => {
    const { body } = await api.get<{ errors: unknown }>('/v1/devices/series/measurements?from=yesterday');
    const detail =
      'from must be milliseconds since the epoch, or RFC 3339 with a zone (+ is written %2B), before the year 10000';
    expect(body.errors).toEqual([{ parameter: 'from', detail }]);
  });

  test('a name given twice counts once', async () => {
    const once = await api.lines(`/v1/aggregates?device=series&metric=t&bucket=1h&${twoHours}`);
    expect(await api.lines(`/v1/aggregates?device=series,series&metric=t&metric=t&bucket=1h&${twoHours}`)).toEqual(
      once,
    );
    expect(once).toHaveLength(2);
  });

  test('buckets begin at local times', async () => {
    const path = `/v1/aggregates?device=series&metric=t&bucket=1d&timeZone=Asia/Kathmandu&functions=count&${range}`;
    const { body } = await api.get<Page<{ start: number; end: number; count: number }>>(path);
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Kathmandu', timeStyle: 'short' });
    expect(body.items.map(({ start, end }) => [local.format(start), end - start])).toEqual([['00:00', dayMs]]);
  });
});

describe('values at the edge of numbers', () => {
  test('a sum that is too great is said to be, the other functions of it too', async () => {
    const huge = (seq: number) => ({ ts: noonMs + seq, boot: 'b', seq, values: { huge: 1.7e308 } });
    await api.store([{ body: [huge(1), huge(2)], key: 'edge/huge', deviceIndex: 20 }]);
    const path = `/v1/aggregates?device=huge&metric=huge&bucket=1d&${range}`;
    const { status, body } = await api.get<{ type: string }>(path, { tenant: 'edge' });
    expect([status, body.type]).toEqual([422, 'urn:myelin:problem:aggregate-overflow']);
  });

  test('an average is given as long as the sum can be', async () => {
    const wide = (seq: number, huge: number) => ({ ts: noonMs + seq, boot: 'b', seq, values: { huge } });
    await api.store([{ body: [wide(1, 1e300), wide(2, 2)], key: 'edge/wide', deviceIndex: 21 }]);
    const path = `/v1/aggregates?device=wide&metric=huge&bucket=1d&functions=avg,max&${range}`;
    const { body } = await api.get<Page<unknown>>(path, { tenant: 'edge' });
    expect(body.items).toEqual([expect.objectContaining({ avg: 5e299, max: 1e300 })]);
  });
});

describe('statistics', () => {
  const unfiltered = { filtered: 0, filteredValues: 0 };

  test('are exact for the tenant and for each device', async () => {
    const { body } = await api.get('/v1/statistics?device=series,rivals,moved,unknown');
    expect(body).toEqual({
      tenant: { devices: 3, stored: 255, duplicates: 3, expired: 0, evaluateOnly: 0, ...unfiltered, conflicts: 1 },
      devices: [
        { device: 'moved', stored: 2, duplicates: 0, expired: 0, evaluateOnly: 0, ...unfiltered, conflicts: 0 },
        { device: 'rivals', stored: 3, duplicates: 0, expired: 0, evaluateOnly: 0, ...unfiltered, conflicts: 1 },
        { device: 'series', stored: 250, duplicates: 3, expired: 0, evaluateOnly: 0, ...unfiltered, conflicts: 0 },
      ],
    });
    const page = await api.get<{ devices: { device: string }[]; nextCursor: string }>('/v1/statistics?limit=2');
    expect(page.body.devices.map(({ device }) => device)).toEqual(['moved', 'rivals']);
    const next = await api.get<{ devices: { device: string }[] }>(
      `/v1/statistics?limit=2&cursor=${page.body.nextCursor}`,
    );
    expect(next.body.devices.map(({ device }) => device)).toEqual(['series']);
  });
});

describe('refusals', () => {
  test.each([
    ['/v1/devices/nobody/latest', 404, 'device-not-found'],
    ['/v1/devices/nobody/measurements', 404, 'device-not-found'],
    ['/v1/devices/nobody/measurements/raw', 404, 'device-not-found'],
    ['/v1/devices/nobody/states?metric=t', 404, 'device-not-found'],
    ['/v1/devices/nobody/windows?metric=t', 404, 'device-not-found'],
    ['/v1/devices/nobody/quality', 404, 'device-not-found'],
    ['/v1/devices/a%20b/latest', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?from=yesterday', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?from=2026-02-30T00:00:00Z', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?from=2&to=1', 400, 'range-invalid'],
    ['/v1/devices/series/measurements?limit=10001', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?limit=0', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?metric=a%20b', 400, 'validation-failed'],
    ['/v1/devices/series/measurements?cursor=WzFd.', 400, 'cursor-invalid'],
    ['/v1/devices/series/measurements?unknown=1', 400, 'validation-failed'],
    ['/v1/devices/series/measurements/raw?cursor=WzFd', 400, 'cursor-invalid'],
    ['/v1/devices/series/measurements/raw?limit=1e3', 400, 'validation-failed'],
    ['/v1/aggregates?metric=t', 400, 'validation-failed'],
    ['/v1/aggregates?device=series', 400, 'validation-failed'],
    ['/v1/aggregates?device=series&metric=t&bucket=7m', 400, 'validation-failed'],
    ['/v1/aggregates?device=series&metric=t&timeZone=Mars/Olympus', 400, 'validation-failed'],
    ['/v1/aggregates?device=series&metric=t&functions=mode', 400, 'validation-failed'],
    ['/v1/statistics?limit=-1', 400, 'validation-failed'],
    [`/v1/devices/series/measurements?cursor=${encodeCursor([Number.MAX_SAFE_INTEGER])}`, 400, 'cursor-invalid'],
    [`/v1/devices/series/measurements/raw?cursor=${encodeCursor([9e15, 1, 'a'])}`, 400, 'cursor-invalid'],
    [`/v1/aggregates?device=series&metric=t&cursor=${encodeCursor([9e15, 0, 0])}`, 400, 'cursor-invalid'],
    [`/v1/statistics?limit=1&cursor=${encodeCursor(['a\u0000'])}`, 400, 'cursor-invalid'],
  ])('%s is answered with %d %s', async (path, status, type) => {
    const answer = await api.get<{ type: string }>(path);
    expect([answer.status, answer.body.type]).toEqual([status, `urn:myelin:problem:${type}`]);
    expect(answer.contentType).toMatch(/^application\/problem\+json/);
  });

  test.each([
    ['/v1/devices/series/measurements?from=2&to=1', 'from'],
    ['/v1/devices/series/measurements?cursor=WzFd.', 'cursor'],
    ['/v1/aggregates?metric=t', 'device'],
  ])('%s names the parameter %s as its one fault', async (path, parameter) => {
    const { body } = await api.get<{ errors: object[] }>(path);
    expect(body.errors).toEqual([{ parameter, detail: expect.any(String) }]);
  });

  test.each([
    ['/v1/devices/series/latest', 'application/json'],
    ['/v1/devices/series/quality', 'application/json'],
    ['/v1/devices/series/states?metric=t', 'application/json or application/x-ndjson'],
    ['/v1/devices/series/states?metric=t&summary=true', 'application/json'],
    ['/v1/devices/series/windows?metric=t', 'application/json or application/x-ndjson'],
    ['/v1/comparison?metric=t&device=series&fleet=rivals', 'application/json'],
    ['/v1/quality', 'application/json'],
    ['/v1/statistics', 'application/json'],
  ])('%s as CSV is refused, naming %s', async (path, offered) => {
    const { status, text } = await api.csv(path);
    expect(status).toBe(406);
    expect(JSON.parse(text)).toMatchObject({
      type: 'urn:myelin:problem:not-acceptable',
      detail: `this is answered as ${offered}`,
      offered: offered.split(' or '),
    });
  });

  test('times may be written as RFC 3339', async () => {
    const from = new Date(noonMs).toISOString();
    const to = encodeURIComponent(new Date(noonMs + 60_001).toISOString().replace('Z', '+00:00'));
    const { body } = await api.get<Page<unknown>>(`/v1/devices/series/measurements?from=${from}&to=${to}`);
    expect(body.items).toHaveLength(2);
  });
});
