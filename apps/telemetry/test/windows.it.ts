import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
const startMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs;
const range = `from=${startMs}&to=${startMs + dayMs}`;

const longest = Array.from({ length: 4_096 }, (_, index) => Math.sin(index) * 1.1e-3 + index / 3);
const place = { lat: -33.8567844, lon: 151.2152967, alt: 4.5, acc: 0.125 };

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

beforeAll(async () => {
  api = await serveQueries();
  const measured = (second: number, values: object, seq = second) => ({
    ts: startMs + second * 1_000,
    boot: 'b',
    seq,
    values,
  });
  await api.store([
    { body: [measured(0, { vibration: longest, place })], key: 'acme/motor', deviceIndex: 1 },
    {
      body: [measured(2, { vibration: [3, -4] }), measured(1, { vibration: [0, 0] })],
      key: 'acme/motor',
      deviceIndex: 1,
    },
    // A rival with a lower seq; other kinds are no windows.
    { body: [measured(2, { vibration: [9] }, 1), measured(3, { vibration: 5 })], key: 'acme/motor', deviceIndex: 1 },
  ]);
});
afterAll(() => api.dispose());

describe('arrays and positions', () => {
  test('come back as they were sent, to the last digit', async () => {
    const { body } = await api.get<Page<{ values: object }>>(`/v1/devices/motor/measurements?${range}&limit=1`);
    expect(body.items).toEqual([{ ts: startMs, values: { vibration: longest, place } }]);
    const latest = await api.get<{ metrics: { metric: string }[] }>('/v1/devices/motor/latest');
    expect(latest.body.metrics).toContainEqual({ metric: 'place', ts: startMs, value: place });
  });
});

describe('windows', () => {
  const path = `/v1/devices/motor/windows?metric=vibration&${range}`;

  test('have their statistics per measurement; losers of a conflict and other kinds are left out', async () => {
    const lines = await api.lines<object>(path);
    const squares = longest.reduce((sum, sample) => sum + sample * sample, 0);
    const sum = longest.reduce((total, sample) => total + sample, 0);
    const peak = Math.max(...longest.map(Math.abs));
    const rms = Math.sqrt(squares / 4_096);
    expect(lines).toEqual([
      {
        ...{ ts: startMs, samples: 4_096, peak },
        ...{
          rms: expect.closeTo(rms, 9),
          crestFactor: expect.closeTo(peak / rms, 9),
          mean: expect.closeTo(sum / 4_096, 9),
        },
      },
      { ts: startMs + 1_000, samples: 2, rms: 0, peak: 0, mean: 0 },
      {
        ts: startMs + 2_000,
        samples: 2,
        rms: Math.sqrt(12.5),
        peak: 4,
        crestFactor: expect.closeTo(4 / Math.sqrt(12.5), 14),
        mean: -0.5,
      },
    ]);
  });

  test('pages join to the stream, with the functions that were asked for', async () => {
    const asked = `${path}&functions=peak,mean`;
    const lines = await api.lines<object>(asked);
    expect(Object.keys(lines[2] ?? {})).toEqual(['ts', 'samples', 'peak', 'mean']);
    const paged: object[] = [];
    let cursor = '';
    do {
      const { body }: { body: Page<object> } = await api.get(`${asked}&limit=1${cursor}`);
      paged.push(...body.items);
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(lines);
  });

  test.each([
    ['/v1/devices/motor/windows', 'metric'],
    ['/v1/devices/motor/windows?metric=vibration&functions=max', 'functions'],
    ['/v1/devices/motor/windows?metric=vibration&limit=10001', 'limit'],
  ])('%s is refused for its %s', async (asked, parameter) => {
    const { status, body } = await api.get<{ errors: unknown }>(asked);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter })]]);
  });
});
