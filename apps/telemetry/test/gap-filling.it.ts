import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const startMs = Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs;

interface Item {
  readonly device: string;
  readonly metric: string;
  readonly start: number;
  readonly end: number;
  readonly filled?: true;
  readonly avg: number | null;
  readonly count: number;
}
interface Page {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

beforeAll(async () => {
  api = await serveQueries();
});
afterAll(() => api.dispose());

const at = (minute: number, values: object) => ({ ts: startMs + minute * minuteMs, boot: 'b', seq: 1, values });
const range = (from: number, to: number): string => `from=${startMs + from * minuteMs}&to=${startMs + to * minuteMs}`;

async function pages(path: string, limit: number): Promise<Item[]> {
  const all: Item[] = [];
  let cursor = '';
  do {
    const { body }: { body: Page } = await api.get(`${path}&limit=${limit}${cursor}`);
    all.push(...body.items);
    cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
  } while (cursor !== '');
  return all;
}

describe('a filled aggregate', () => {
  test('has every bucket of every series, with neighbours from outside of the range; pages and stream agree', async () => {
    let run = 0;
    const minutes = fc.uniqueArray(fc.integer({ min: -300, max: 900 }), { maxLength: 12 });
    const asked = fc.record({
      fill: fc.constantFrom('null', 'previous', 'linear'),
      from: fc.integer({ min: 0, max: 200 }),
      length: fc.integer({ min: 1, max: 240 }),
      bucket: fc.constantFrom('5m', '15m', '1h', '3h'),
      limit: fc.integer({ min: 11, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(minutes, minutes, asked, async (one, other, { fill, from, length, bucket, limit }) => {
        run += 1;
        const [left, right] = [`left-${run}`, `right-${run}`];
        const reports = [one, other].map((measured, place) => ({
          body: measured.map((minute) => at(minute, { t: minute, h: place === 0 ? minute / 3 : 'none' })),
          key: `acme/${place === 0 ? left : right}`,
          deviceIndex: run * 10 + place,
        }));
        await api.store([{ body: [at(0, { idle: 1 })], key: 'acme/idle', deviceIndex: 1 }, ...reports]);
        const path = `/v1/aggregates?device=${left},${right}&metric=t,h&functions=avg,count&bucket=${bucket}`;
        const to = from + length;
        const [inside, before, after] = await Promise.all(
          [range(from, to), range(-1_000, from), range(to, 2_000)].map((part) => api.lines<Item>(`${path}&${part}`)),
        );
        const filled = await api.lines<Item>(`${path}&${range(from, to)}&fill=${fill}`);
        const lengthMs = Number.parseInt(bucket) * (bucket.endsWith('h') ? 60 : 1) * minuteMs;
        const firstMs = Math.floor((startMs + from * minuteMs) / lengthMs) * lengthMs;
        const count = Math.ceil((startMs + to * minuteMs - firstMs) / lengthMs);
        const series = [left, right].flatMap((device) => ['t', 'h'].map((metric) => ({ device, metric })));
        const expected = Array.from({ length: count }, (_, bucketIndex) =>
          series.map((names) => {
            const start = firstMs + bucketIndex * lengthMs;
            const own = (items: readonly Item[] | undefined) =>
              (items ?? []).filter(({ device, metric }) => device === names.device && metric === names.metric);
            const found = own(inside).find((item) => item.start === start);
            if (found !== undefined) return found;
            const neighbours = {
              left: [...own(before), ...own(inside)].findLast((item) => item.start <= start),
              right: [...own(inside), ...own(after)].find((item) => item.start >= start),
            };
            const avg = estimate(fill, start, neighbours);
            return { ...names, start, end: start + lengthMs, filled: true, avg, count: 0 };
          }),
        ).flat();
        expect(filled).toEqual(expected);
        expect(await pages(`${path}&${range(from, to)}&fill=${fill}`, limit)).toEqual(filled);
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  test('has no bucket after now but those with values', async () => {
    const nowMs = Date.now();
    const body = [{ ts: nowMs - 150_000, boot: 'b', seq: 1, values: { t: 1 } }];
    await api.store([{ body, key: 'acme/present', deviceIndex: 9_001 }]);
    const path = `/v1/aggregates?device=present&metric=t&functions=last&bucket=1m&fill=previous`;
    const items = await api.lines<Item>(`${path}&from=${nowMs - 300_000}&to=${nowMs + 3_600_000}`);
    expect(items.at(-1)?.start).toBeLessThanOrEqual(Date.now());
    expect(items.map((item) => (item as unknown as { last: number | null }).last)).toContain(1);
    expect(items.length).toBeGreaterThanOrEqual(5);
    expect(items.length).toBeLessThanOrEqual(8);
  });

  test('is null where a device never reported, and a histogram is', async () => {
    const path = `/v1/aggregates?device=nobody&metric=t&bucket=1h&functions=max,histogram&histogramBins=2`;
    expect(await api.lines(`${path}&${range(0, 60)}&fill=previous`)).toEqual([
      {
        ...{ device: 'nobody', metric: 't', start: startMs, end: startMs + 3_600_000, filled: true },
        ...{ max: null, histogram: null },
      },
    ]);
  });

  test('looks for neighbours so far and no further', async () => {
    const far = { ts: startMs - 1_441 * minuteMs, boot: 'b', seq: 1, values: { far: 1, near: 0 } };
    const near = { ts: startMs - 1_439 * minuteMs, boot: 'b', seq: 1, values: { near: 2 } };
    await api.store([{ body: [far, near], key: 'acme/lonely', deviceIndex: 9_002 }]);
    const path = `/v1/aggregates?device=lonely&metric=far,near&functions=max&bucket=1m&fill=previous`;
    const items = await api.lines<Item>(`${path}&${range(0, 1)}`);
    expect(items).toEqual([
      expect.objectContaining({ metric: 'far', max: null }),
      expect.objectContaining({ metric: 'near', max: 2 }),
    ]);
  });

  test.each([
    ['fill=zero', 'fill'],
    [`fill=null&bucket=1m&${`from=${startMs - 90 * dayMs}&to=${startMs}`}`, 'fill'],
  ])('%s is refused for its %s', async (parameters, parameter) => {
    const path = `/v1/aggregates?device=a&metric=t&${parameters}`;
    const { status, body } = await api.get<{ errors: readonly object[] }>(path);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter })]]);
  });
});

interface Neighbours {
  readonly left: Item | undefined;
  readonly right: Item | undefined;
}

function estimate(fill: string, start: number, { left, right }: Neighbours): unknown {
  if (fill === 'null' || left === undefined) return null;
  if (fill === 'previous') return left.avg;
  if (right === undefined) return null;
  if (right.start === left.start) return left.avg;
  const share = (start - left.start) / (right.start - left.start);
  return expect.closeTo((left.avg ?? NaN) + ((right.avg ?? NaN) - (left.avg ?? NaN)) * share, 9);
}
