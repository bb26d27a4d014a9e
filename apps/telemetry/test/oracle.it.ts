import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock, utcOffsetMsAt } from '@myelin/kernel';
import fc from 'fast-check';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { PlainStore, type PlainArrival, type PlainRow, plainBuckets } from './plain-sql.fixture.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { rollUpAll } from './rollups.fixture.js';

let api: QueryService;
let plain: PlainStore;

beforeAll(async () => {
  api = await serveQueries();
  plain = await PlainStore.open(api.database.ownerUrl);
});
afterAll(async () => {
  await plain.close();
  await api.dispose();
});

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** When clocks in Berlin changed last: hours repeat or are skipped around it. */
const changeMs = lastChangeMs('Europe/Berlin', Math.floor(Date.now() / hourMs) * hourMs);

function lastChangeMs(timeZone: string, nowMs: number): number {
  let ms = nowMs - 3 * 24 * hourMs;
  while (utcOffsetMsAt(timeZone, ms) === utcOffsetMsAt(timeZone, ms - hourMs)) ms -= hourMs;
  return ms;
}

/** The plain SQL has 300 decimals: enough for these. */
const double = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).filter((one) => Math.abs(one) > 1e-60);

/** Few moments and numbers, so that copies and rivals are the rule; some moments close together, some days apart. */
const content = fc.record(
  {
    device: fc.constantFrom('one', 'two'),
    ts: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(-1, 0, 1, hourMs) },
      { weight: 1, arbitrary: fc.integer({ min: -30, max: 30 }).map((minutes) => minutes * minuteMs) },
      { weight: 1, arbitrary: fc.integer({ min: -40 * hourMs, max: 40 * hourMs }) },
    ),
    boot: fc.constantFrom('a', 'b'),
    seq: fc.constantFrom(0, 1, 1),
    values: fc.dictionary(
      fc.constantFrom('t', 'h', 'on'),
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(0, 0.1, 0.2, 0.3, -3.7, 2, 100, 1e15, 1e-7, 123456.789, 1e21) },
        { weight: 2, arbitrary: double },
        { weight: 2, arbitrary: fc.boolean() },
        { weight: 1, arbitrary: fc.constantFrom<unknown>('text', [1, 2.5]) },
      ),
      { minKeys: 1 },
    ),
  },
  { requiredKeys: ['device', 'ts', 'values'] },
);

/** What happens behind an arrival: nothing, the batch ends, the member is replaced, what is stored is rolled up. */
const cut = fc.constantFrom('none', 'none', 'none', 'none', 'batch', 'restart', 'roll up');

const stream = fc
  .array(fc.tuple(content, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 25, size: 'max' })
  .chain((contents) => {
    const arrivals = contents.flatMap(([one, copies]) => Array.from({ length: copies }, () => one));
    const { length } = arrivals;
    return fc.record({
      arrivals: fc.shuffledSubarray(arrivals, { minLength: length }),
      cuts: fc.array(cut, { minLength: length, maxLength: length }),
    });
  });

const asked = fc.record({
  buckets: fc.shuffledSubarray(Object.keys(plainBuckets), { minLength: 2, maxLength: 2 }),
  timeZone: fc.constantFrom('UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York'),
  fromMs: fc.oneof(fc.constant(-41 * hourMs), fc.integer({ min: -20 * hourMs, max: 0 })),
  toMs: fc.oneof(fc.constant(41 * hourMs), fc.integer({ min: 1, max: 20 * hourMs })),
});

const functions = [
  ...['count', 'sum', 'min', 'max', 'avg', 'first', 'last', 'stddev', 'timeWeightedAvg', 'increase', 'rate'],
  ...['resets', 'slope', 'median', 'p5', 'p95', 'p99.9'],
];
const metrics = ['h', 'on', 't'];

describe('the oracle: the same stream as plain SQL over one plain table', () => {
  test('every function of every bucket is equal, for any order, copies, rivals, batches, restarts and rolling up', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(stream, asked, async ({ arrivals, cuts }, { buckets, timeZone, fromMs, toMs }) => {
        run += 1;
        const tenant = `tenant-${run}`;
        const placed = arrivals.map((one): PlainArrival => ({ ...numbered(one), ts: changeMs + one.ts }));
        await Promise.all([deliver(tenant, run, placed, cuts), plain.load(placed)]);
        for (const bucket of buckets) {
          const range = { fromMs: changeMs + fromMs, toMs: changeMs + toMs };
          const expected = await plain.aggregates({ bucket, timeZone, metrics, ...range });
          expect(await answered(tenant, bucket, timeZone, range)).toEqual(expected.map(shown));
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});

function numbered({
  boot,
  seq,
  ...one
}: Readonly<Omit<PlainArrival, 'boot' | 'seq'> & { boot?: string; seq?: number }>) {
  return { ...one, boot, seq: boot === undefined ? undefined : seq };
}

async function deliver(
  tenant: string,
  partition: number,
  arrivals: readonly PlainArrival[],
  cuts: readonly string[],
): Promise<void> {
  let writer = await restarted(partition);
  let waiting: ReturnType<typeof reportRecord>[] = [];
  for (const [offset, { device, ...body }] of arrivals.entries()) {
    const deviceIndex = partition * 2 + (device === 'one' ? 0 : 1);
    const report = { offset, body, key: `${tenant}/${device}`, deviceIndex, retentionClass: 'long' };
    waiting.push(reportRecord(report, partition));
    if (cuts[offset] === 'none' && offset + 1 < arrivals.length) continue;
    await writer.store(batchOf(waiting));
    waiting = [];
    if (cuts[offset] === 'restart') writer = await restarted(partition);
    if (cuts[offset] === 'roll up') await rollUpAll(api.database.dataSource);
  }
}

async function restarted(partition: number): Promise<StoreMeasurementsHandler> {
  const writer = new StoreMeasurementsHandler(api.database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
  return writer;
}

async function answered(
  tenant: string,
  bucket: string,
  timeZone: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<object[]> {
  const names = `device=one,two&metric=${metrics.join(',')}&functions=${functions.join(',')},histogram`;
  const path = `/v1/aggregates?${names}&histogramEdges=-1,0.1,2,100&bucket=${bucket}&timeZone=${timeZone}`;
  const items = await api.lines<Record<string, unknown>>(`${path}&from=${fromMs}&to=${toMs}`, { tenant });
  return items.map(({ end: _, ...item }) => item);
}

/** A row of the oracle as the API would show it. */
function shown({ slots: [below, ...slots], ...row }: PlainRow): object {
  const values = Object.entries(row).filter(([, value]) => value !== null);
  const histogram = { edges: [-1, 0.1, 2, 100], counts: slots.slice(0, -1), below, above: slots.at(-1) };
  return { ...Object.fromEntries(values), histogram };
}
