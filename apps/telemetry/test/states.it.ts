import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeCursor } from '@myelin/service-kit';
import fc from 'fast-check';
import { type QueryService, serveQueries } from './query-service.fixture.js';

let api: QueryService;
const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Midnight UTC, two days ago. */
const startMs = Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs;

interface Run {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
  readonly duration: number;
  readonly open?: true;
  readonly carriedIn?: true;
}
interface Page {
  readonly items: readonly Run[];
  readonly nextCursor?: string;
}
interface Summary {
  readonly totals: readonly { value: unknown; duration: number; entered: number }[];
  readonly unknown: number;
}

beforeAll(async () => {
  api = await serveQueries();
});
afterAll(() => api.dispose());

const at = (minute: number, values: object, seq = minute) => ({
  ts: startMs + minute * minuteMs,
  boot: 'b',
  seq,
  values,
});
const path = (device: string, metric: string, from: number, to: number, more = ''): string =>
  `/v1/devices/${device}/states?metric=${metric}&from=${startMs + from * minuteMs}&to=${startMs + to * minuteMs}${more}`;
const run = (value: unknown, from: number, to: number, more: object = {}): Run => {
  const [start, end] = [startMs + from * minuteMs, startMs + to * minuteMs];
  return { value, start, end, duration: end - start, ...more };
};

describe('states', () => {
  beforeAll(async () => {
    const later = [at(40, { mode: 'off', on: false }), at(20, { mode: 'eco' }), at(30, { mode: 'eco', level: 2 })];
    await api.store([
      { body: later, key: 'acme/heater', deviceIndex: 1 },
      {
        body: [at(0, { mode: 'off', on: true }), at(10, { mode: 'off', level: 1 })],
        key: 'acme/heater',
        deviceIndex: 1,
      },
      // A rival of minute 20 with a lower seq loses; arrays and positions are no states.
      {
        body: [at(20, { mode: 'lost' }, 3), at(25, { mode: [1, 2] }), at(26, { mode: { lat: 1, lon: 2 } })],
        key: 'acme/heater',
        deviceIndex: 1,
      },
    ]);
  });

  test('are runs of equal value in event time, whatever came when; the last one is open', async () => {
    const { body } = await api.get<Page>(path('heater', 'mode', 0, 60));
    expect(body.items).toEqual([run('off', 0, 20), run('eco', 20, 40), run('off', 40, 60, { open: true })]);
    const on = await api.get<Page>(path('heater', 'on', 0, 60));
    expect(on.body.items).toEqual([run(true, 0, 40), run(false, 40, 60, { open: true })]);
    const level = await api.get<Page>(path('heater', 'level', 0, 60));
    expect(level.body.items).toEqual([run(1, 10, 30), run(2, 30, 60, { open: true })]);
  });

  test('that held before the range are carried in, up to the look-back', async () => {
    const { body } = await api.get<Page>(path('heater', 'mode', 24, 60));
    expect(body.items).toEqual([run('eco', 24, 40, { carriedIn: true }), run('off', 40, 60, { open: true })]);
    const lostRival = await api.get<Page>(path('heater', 'mode', 21, 22));
    expect(lostRival.body.items).toEqual([run('eco', 21, 22, { carriedIn: true, open: true })]);
  });

  test('an open state ends now when the range goes on', async () => {
    const beforeMs = Date.now();
    const { body } = await api.get<Page>(`/v1/devices/heater/states?metric=mode&from=${startMs}`);
    const last = body.items.at(-1);
    expect(last).toMatchObject({ value: 'off', open: true });
    expect(last?.end).toBeGreaterThanOrEqual(beforeMs);
    expect(last?.end).toBeLessThanOrEqual(Date.now());
  });

  test('sum up: how long in each, how often entered, how long unknown', async () => {
    const whole = await api.get<Summary>(path('heater', 'mode', -5, 60, '&summary=true'));
    expect(whole.body).toEqual({
      ...{ device: 'heater', metric: 'mode' },
      totals: [
        { value: 'off', duration: 40 * minuteMs, entered: 2 },
        { value: 'eco', duration: 20 * minuteMs, entered: 1 },
      ],
      unknown: 5 * minuteMs,
    });
    const carried = await api.get<Summary>(path('heater', 'mode', 24, 60, '&summary=true'));
    expect(carried.body.totals).toEqual([
      { value: 'off', duration: 20 * minuteMs, entered: 1 },
      { value: 'eco', duration: 16 * minuteMs, entered: 0 },
    ]);
    const none = await api.get<Summary>(path('heater', 'nothing', 0, 60, '&summary=true'));
    expect(none.body).toMatchObject({ totals: [], unknown: 60 * minuteMs });
  });

  test('of a device that was registered anew go on across the registrations', async () => {
    await api.store([
      { body: [at(0, { mode: 'a' }), at(20, { mode: 'b' })], key: 'acme/moved', deviceIndex: 5 },
      {
        body: [at(10, { mode: 'b' }), at(30, { mode: 'b' })],
        key: 'acme/moved',
        deviceIndex: 6,
        retentionClass: 'long',
      },
    ]);
    const { body } = await api.get<Page>(path('moved', 'mode', 0, 40));
    expect(body.items).toEqual([run('a', 0, 10), run('b', 10, 40, { open: true })]);
    const carried = await api.get<Page>(path('moved', 'mode', 35, 40));
    expect(carried.body.items).toEqual([run('b', 35, 40, { carriedIn: true, open: true })]);
  });

  test('pages, the stream and the summary agree, for any history in any order of arrival', async () => {
    let index = 100;
    const value = fc.constantFrom<string | number | boolean>('on', 'off', 1, true);
    const measured = fc.uniqueArray(fc.record({ minute: fc.integer({ min: -200, max: 3_000 }), value }), {
      ...{ minLength: 1, maxLength: 40 },
      selector: ({ minute }) => minute,
    });
    await fc.assert(
      fc.asyncProperty(measured, fc.integer({ min: 1, max: 7 }), async (points, limit) => {
        index += 1;
        const body = points.map((point) => at(point.minute, { mode: point.value }, 1));
        await api.store([{ body, key: `acme/random-${index}`, deviceIndex: index }]);
        const asked = path(`random-${index}`, 'mode', 0, 2_500);
        const lines = await api.lines<Run>(asked);
        expect(lines).toEqual(expectedRuns(points));
        const paged: Run[] = [];
        let cursor = '';
        do {
          const page: { body: Page } = await api.get(`${asked}&limit=${limit}${cursor}`);
          paged.push(...page.body.items);
          cursor = page.body.nextCursor === undefined ? '' : `&cursor=${page.body.nextCursor}`;
        } while (cursor !== '');
        expect(paged).toEqual(lines);
        const { body: summary } = await api.get<Summary>(`${asked}&summary=true`);
        const total = summary.totals.reduce((sum, { duration }) => sum + duration, 0);
        expect(total + summary.unknown).toBe(2_500 * minuteMs);
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test.each([
    ['heater/states', 'metric'],
    ['heater/states?metric=a%20b', 'metric'],
    ['heater/states?metric=mode&summary=yes', 'summary'],
    ['heater/states?metric=mode&limit=0', 'limit'],
    ['heater/states?metric=mode&summary=true&limit=5', 'limit'],
    [`heater/states?metric=mode&summary=true&cursor=${encodeCursor([startMs])}`, 'cursor'],
  ])('%s is refused for its %s', async (asked, parameter) => {
    const answer = await api.get<{ type: string; errors: unknown }>(`/v1/devices/${asked}`);
    expect([answer.status, answer.body.type]).toEqual([400, 'urn:myelin:problem:validation-failed']);
    expect(answer.body.errors).toEqual([expect.objectContaining({ parameter })]);
  });

  test('a metric with ever new values has no summary', async () => {
    const many = (part: number) =>
      Array.from({ length: 600 }, (_, one) => at(part * 600 + one, { noise: part * 600 + one }));
    await api.store([0, 1].map((part) => ({ body: many(part), key: 'acme/noisy', deviceIndex: 7 })));
    const { status, body } = await api.get<{ type: string }>(path('noisy', 'noise', 0, 2_000, '&summary=true'));
    expect([status, body.type]).toEqual([422, 'urn:myelin:problem:too-many-states']);
  });
});

/** Minute by minute over 0 to 2,500: what the last point said. */
function expectedRuns(points: readonly { minute: number; value: unknown }[]): Run[] {
  const byMinute = new Map(points.map(({ minute, value }) => [minute, value]));
  const runs: { value: unknown; from: number; to: number; carriedIn: boolean }[] = [];
  let current: unknown;
  for (let minute = -200; minute < 2_500; minute++) {
    current = byMinute.get(minute) ?? current;
    if (minute < 0 || current === undefined) continue;
    const last = runs.at(-1);
    if (last?.value === current) last.to = minute + 1;
    else
      runs.push({
        value: current,
        from: minute,
        to: minute + 1,
        carriedIn: minute === 0 && !beganAt(byMinute, current),
      });
  }
  return runs.map(({ value, from, to, carriedIn }, index) => {
    const open = index === runs.length - 1;
    return run(value, from, to, { ...(open && { open }), ...(carriedIn && { carriedIn }) });
  });
}

/** Whether the state of minute 0 began there and did not hold before. */
function beganAt(byMinute: ReadonlyMap<number, unknown>, value: unknown): boolean {
  let before: unknown;
  for (let minute = -200; minute < 0; minute++) before = byMinute.get(minute) ?? before;
  return before !== value;
}
