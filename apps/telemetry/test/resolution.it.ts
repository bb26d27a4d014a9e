import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TenantId, systemClock } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import { aggregateFunctions } from '../src/domain/aggregate-functions.js';
import { type BucketSize, bucketSizes, bucketStarts } from '../src/domain/time-buckets.js';
import { RollUpHandler } from '../src/features/roll-up/roll-up.handler.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { type AggregateRequest, AggregateRepository } from '../src/persistence/aggregate.repository.js';
import { DeviceRepository } from '../src/persistence/device.repository.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { aggregateRows } from './aggregate-rows.fixture.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { dayMs, hourMs, keepOnlyRollups, minuteMs, rollUpAll } from './rollups.fixture.js';
import { queryPool } from './query-pool.fixture.js';

let database: DatabaseFixture;
let aggregates: AggregateRepository;
let writer: StoreMeasurementsHandler;
let offset = 0;
const nowMs = Math.floor(Date.now() / minuteMs) * minuteMs;
const firstMs = nowMs - 35 * dayMs;

interface Stored {
  readonly ts: number;
  readonly seq: number;
  readonly device?: string;
  readonly deviceIndex?: number;
  readonly retentionClass?: string;
}

async function store(rows: readonly Stored[]): Promise<void> {
  const records = rows.map(({ ts, seq, device = 'sensor', deviceIndex = 1, retentionClass = 'standard' }) => {
    const body = { ts, boot: 'b', seq, values: { a: ((seq * 7919) % 1_000) / 8, b: seq % 5 === 0 } };
    return reportRecord({ offset: offset++, body, deviceIndex, key: `acme/${device}`, retentionClass });
  });
  await writer.store(batchOf(records));
}

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
  aggregates = new AggregateRepository(queryPool(database.dataSource));
  writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [0]);
  // Sparse over five weeks, dense for some hours; a device of several classes, and one that was registered anew.
  const sparse = Array.from({ length: 1_200 }, (_, seq) => ({ ts: firstMs + seq * 41.9 * minuteMs, seq }));
  const dense = Array.from({ length: 2_000 }, (_, seq) => ({ ts: nowMs - 5 * hourMs + seq * 8_000, seq: seq + 5_000 }));
  await store([...sparse, ...dense]);
  const classes = ['short', 'standard', 'summary'];
  await store(
    Array.from({ length: 400 }, (_, seq) => ({
      ...{ ts: nowMs - 6 * dayMs + seq * 20 * minuteMs, seq, device: 'various', deviceIndex: 2 },
      retentionClass: classes[Math.floor(seq / 30) % 3] ?? '',
    })),
  );
  await store(
    Array.from({ length: 200 }, (_, seq) => ({
      ...{ ts: nowMs - 3 * dayMs + seq * 17 * minuteMs, seq, device: 'moved' },
      deviceIndex: seq < 90 || seq === 120 ? 3 : 4,
    })),
  );
  await rollUpAll(database.dataSource);
}, 60_000);
afterAll(() => database.dispose());

const names = ['sensor', 'various', 'moved'];

async function requestOf(bucket: BucketSize, zone: string, fromMs: number, toMs: number): Promise<AggregateRequest> {
  const found = await new DeviceRepository(queryPool(database.dataSource)).scopes('acme' as TenantId, names);
  const scopes = names.flatMap((name) => found.get(name) ?? []);
  const startsMs = [...bucketStarts(bucket, zone, fromMs, toMs)];
  return { scopes, metrics: ['a', 'b'], functions: aggregateFunctions, startsMs, fromMs, toMs };
}

const question = fc
  .record({
    bucket: fc.constantFrom(...bucketSizes),
    zone: fc.constantFrom('UTC', 'Asia/Kolkata', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu'),
    end: fc.oneof(
      fc.nat(36 * 24 * 60).map((one) => one * minuteMs),
      fc.nat(36 * dayMs),
      fc.nat(36).map((one) => one * dayMs),
    ),
    length: fc.oneof(
      fc.integer({ min: 1, max: 40 * dayMs }),
      fc.integer({ min: 1, max: 40 }).map((one) => one * dayMs),
    ),
    late: fc.array(fc.nat(34 * 24 * 60 - 1), { maxLength: 2 }),
    rollUp: fc.boolean(),
  })
  .map(({ bucket, length, ...rest }) => {
    const shortest: Partial<Record<BucketSize, number>> = { '1m': 2, '5m': 5, '10m': 5, '15m': 9 };
    return { bucket, length: Math.min(length, (shortest[bucket] ?? 40) * dayMs), ...rest };
  });

describe('an answer', () => {
  test('is the one from rows, for every bucket, range and zone, with late rows and rollups in between', async () => {
    let seq = 10_000;
    await fc.assert(
      fc.asyncProperty(question, async ({ bucket, zone, end, length, late, rollUp }) => {
        const toMs = Math.floor(nowMs / dayMs) * dayMs + dayMs - end;
        if (late.length > 0) await store(late.map((at) => ({ ts: firstMs + at * minuteMs + 7, seq: seq++ })));
        if (rollUp) await new RollUpHandler(database.dataSource, { graceMs: 0 }).run();
        const request = await requestOf(bucket, zone, toMs - length, toMs);
        expect(await aggregates.aggregate(request)).toEqual(await aggregateRows(database.dataSource, request));
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  test('comes from rollups where there are some: rows that went by without a mark are not looked at', async () => {
    await rollUpAll(database.dataSource);
    const request = await requestOf(
      '1d',
      'UTC',
      Math.floor(firstMs / dayMs) * dayMs,
      Math.floor(nowMs / dayMs) * dayMs,
    );
    const sensor = { ...request, scopes: request.scopes.slice(0, 1) };
    const before = await aggregates.aggregate(sensor);
    await database.dataSource.query('DELETE FROM measurement WHERE device_index = 1');
    expect(await aggregates.aggregate(sensor)).toEqual(before);
    expect(before.length).toBeGreaterThan(30);
    const quarters = await requestOf('1d', 'Asia/Kolkata', nowMs - 5 * hourMs, nowMs);
    expect(await aggregates.aggregate({ ...quarters, scopes: sensor.scopes })).not.toEqual([]);
  });
});

describe('summary', () => {
  test('is answered from hours and days beyond its rows, and refused where those do not tile the buckets', async () => {
    await database.dataSource.query(`INSERT INTO device (index, tenant, device, classes) VALUES (9, 'acme', 'old', 8)`);
    const dayStartMs = Math.floor(nowMs / dayMs) * dayMs - 200 * dayMs;
    await keepOnlyRollups(database.dataSource, { deviceIndex: 9, metric: 'a', tsMs: dayStartMs, value: 5 });
    const scopes = [{ tenant: 'acme' as TenantId, device: 'old', indexes: [9], classes: 0b1000 }];
    const ask = async (bucket: BucketSize, zone: string, fromMs = dayStartMs, toMs = dayStartMs + dayMs) =>
      aggregates.aggregate({ ...(await requestOf(bucket, zone, fromMs, toMs)), scopes, functions: ['sum', 'count'] });
    const one = [{ bucket: 0, device: 0, metric: 0, sum: 5, count: 1 }];
    expect(await ask('1d', 'UTC')).toEqual(one);
    expect(await ask('1h', 'UTC')).toEqual(one);
    expect(await aggregates.extent({ scopes, metrics: ['a'], fromMs: dayStartMs + 1, toMs: nowMs })).toEqual({
      fromMs: dayStartMs + 1,
      toMs: dayStartMs + dayMs,
    });
    const refused = { code: 'telemetry.resolution-unavailable', retryable: false };
    await expect(ask('5m', 'UTC')).rejects.toMatchObject(refused);
    await expect(ask('1h', 'UTC', dayStartMs + 60_000)).rejects.toMatchObject(refused);
    expect(await ask('5m', 'UTC', dayStartMs + hourMs)).toEqual([]);
  });
});
