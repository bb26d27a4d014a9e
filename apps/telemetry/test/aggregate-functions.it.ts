import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock, type TenantId } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import { type AggregateFunction, aggregateFunctions } from '../src/domain/aggregate-functions.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { AggregateRepository } from '../src/persistence/aggregate.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { exactAggregates } from './exact-aggregates.fixture.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { queryPool } from './query-pool.fixture.js';

let database: DatabaseFixture;
let run = 0;
const tenant = 'acme' as TenantId;
const minuteMs = 60_000;
const startMs = Math.floor(Date.now() / minuteMs) * minuteMs - 60 * minuteMs;
const bucketMs = 10 * minuteMs;

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

type Value = number | boolean | string;

type Points = readonly (readonly [ts: number, value: Value])[];

/** Stores the values of one device, each as a report of its own, and reads every function of every bucket. */
async function storedAggregates(points: Points): Promise<unknown[]> {
  await store(points);
  return readAggregates(aggregateFunctions);
}

async function store(points: Points): Promise<void> {
  run += 1;
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [run]);
  const device = { key: `acme/device-${run}`, deviceIndex: run };
  const records = points.map(([ts, v], offset) =>
    reportRecord({ offset, body: { ts, values: { v } }, ...device }, run),
  );
  await writer.store(batchOf(records));
}

/** Of the device that was stored last. */
async function readAggregates(functions: readonly AggregateFunction[]): Promise<object[]> {
  const buckets = [0, 1, 2].map((bucket) => startMs + bucket * bucketMs);
  const rows = await new AggregateRepository(queryPool(database.dataSource)).aggregate({
    scopes: [{ tenant, device: `device-${run}`, indexes: [run], classes: 0b010 }],
    ...{ metrics: ['v'], functions, startsMs: buckets },
    ...{ fromMs: startMs, toMs: startMs + 3 * bucketMs },
  });
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
}

function expectedAggregates(points: Points): unknown[] {
  const samples = points.flatMap(([ts, value]) => (typeof value === 'string' ? [] : [{ ts, value: Number(value) }]));
  const buckets = [...Map.groupBy(samples, ({ ts }) => Math.floor((ts - startMs) / bucketMs))];
  return buckets
    .sort(([left], [right]) => left - right)
    .map(([bucket, members]) => ({ bucket, device: 0, metric: 0, ...exactAggregates(members) }));
}

const decimal = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(4)).map(([n, p]) => n / 10 ** p);
const value = fc.oneof(
  { weight: 4, arbitrary: decimal },
  { weight: 2, arbitrary: fc.nat(20) },
  fc.double({ noNaN: true, min: -1e300, max: 1e300 }).map((one) => (Object.is(one, -0) ? 0 : one)),
  fc.boolean(),
  fc.constantFrom('text', '7'),
);
const point = fc.tuple(
  fc.oneof(
    fc.nat(3 * bucketMs - 1),
    fc.nat(30).map((step) => step * minuteMs - (step === 30 ? 1 : 0)),
  ),
  value,
);
const series = fc.uniqueArray(point, { minLength: 1, maxLength: 25, selector: ([ts]) => ts });

describe('aggregate functions', () => {
  test('are those of exact fractions, rounded once, whatever order the values came in', async () => {
    await fc.assert(
      fc.asyncProperty(series, async (offsets) => {
        const points = offsets.map(([ts, one]) => [startMs + ts, one] as const);
        expect(await storedAggregates(points)).toEqual(expectedAggregates(points));
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('each is told alone as it is told beside all others', async () => {
    const points = [7, 9.5, 2].map((one, minute) => [startMs + minute * minuteMs, one] as const);
    const [together] = await storedAggregates(points);
    for (const name of aggregateFunctions) {
      const [alone] = await readAggregates([name]);
      expect(alone).toEqual({ bucket: 0, device: 0, metric: 0, [name]: (together as Record<string, unknown>)[name] });
    }
  });

  test('a counter that was reset goes on from its new value', async () => {
    const counted = [10, 15, 3, 3, 1, 9].map((one, second) => [startMs + second * 1_000, one] as const);
    expect(await storedAggregates(counted)).toEqual([
      expect.objectContaining({ increase: 5 + 3 + 0 + 1 + 8, resets: 2, rate: 17 / 5 }),
    ]);
  });

  test('a value holds until the next one', async () => {
    const held = [[0, 10] as const, [9_000, 20] as const, [10_000, 99] as const];
    const points = held.map(([at, one]) => [startMs + at, one] as const);
    expect(await storedAggregates(points)).toEqual([expect.objectContaining({ timeWeightedAvg: 11 })]);
  });

  test('of one value there is no deviation, rate or slope', async () => {
    const [answer] = await storedAggregates([[startMs, 7.5]]);
    expect(answer).toMatchObject({ timeWeightedAvg: 7.5, increase: 0, resets: 0 });
    expect(Object.keys(answer as object).filter((name) => ['stddev', 'rate', 'slope'].includes(name))).toEqual([]);
  });

  test('a quotient below the least number is 0', async () => {
    const points = [5e-324, 0, 0].map((one, second) => [startMs + second * 1_000, one] as const);
    expect(await storedAggregates(points)).toEqual([expect.objectContaining({ avg: 0, sum: 5e-324 })]);
  });
});
