import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type PayloadOf, dataQualityMeasuredV1 } from '@myelin/contracts';
import fc from 'fast-check';
import type { ProfilePolicy } from '../src/domain/profile-policy.js';
import { hourMs } from '../src/domain/hour-marks.js';
import { measureQuality } from '../src/features/measure-quality/measure-quality.step.js';
import { RollUpHandler } from '../src/features/roll-up/roll-up.handler.js';
import { deleteQualityBefore } from '../src/persistence/data-quality.writer.js';
import { withConnection } from '../src/persistence/connection.js';
import { type QueryService, serveQueries } from './query-service.fixture.js';

const hour = Math.floor(Date.now() / hourMs) - 3;
const startMs = hour * hourMs;
const policy: ProfilePolicy = {
  expectedReportIntervalMs: 600_000,
  lateAfterMs: 1_000,
  latenessMs: 0,
  filters: new Map(),
};
const known = { ready: true, find: (key: string) => (key.endsWith('/thermometer') ? policy : undefined) };

let api: QueryService;
beforeAll(async () => void (api = await serveQueries()));
afterAll(() => api.dispose());

/** As the job does: in one transaction, for hours of one day. */
async function measure(indexes: readonly number[], hours = [hour], profiles = known): Promise<void> {
  const step = measureQuality(profiles, api.database.schema);
  for (const one of hours) {
    await withConnection(api.database.dataSource, async (client) => {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      const taken = indexes.map((deviceIndex) => ({ deviceIndex, hour: one }));
      await step(client, { day: Math.floor(one / 24), classes: 0b1111, hours: taken });
      await client.query('COMMIT');
    });
  }
}

type Event = PayloadOf<typeof dataQualityMeasuredV1>;
async function published(device: string): Promise<Event[]> {
  const rows = await api.database.dataSource.query<{ value: Buffer }[]>(
    `SELECT value FROM outbox WHERE convert_from(key, 'UTF8') = $1 ORDER BY seq`,
    [`acme/${device}`],
  );
  return rows.map(({ value }) => {
    const outcome = dataQualityMeasuredV1.strict(JSON.parse(value.toString()));
    if (!outcome.ok) throw new Error(`${outcome.faults[0]?.pointer} ${outcome.faults[0]?.message}`);
    return outcome.value;
  });
}

const report = (deviceIndex: number, atMs: number, delayMs: number, values: object, more = {}) => ({
  body: { ts: startMs + atMs, values },
  ...{ key: `acme/device-${deviceIndex}`, deviceIndex, receivedAtMs: startMs + atMs + delayMs },
  ...more,
});
const range = `from=${startMs}&to=${startMs + hourMs}`;
const hoursOf = async (device: string): Promise<object[]> =>
  (await api.get<{ hours: object[] }>(`/v1/devices/${device}/quality?${range}`)).body.hours;

describe('the quality of a device-hour', () => {
  test('is counted from what is stored of it, told of once, and repaired with a greater version', async () => {
    await api.store([
      report(1, 0, 10, { t: 1 }),
      report(1, 1, 1_000, { t: 1 }),
      report(1, 2, 1_001, { t: 1 }, { outOfRange: '0:t' }),
      report(1, 2, 1_001, { t: 1 }, { outOfRange: '0:t' }),
      report(1, 2, -5, { t: 2, u: 1 }),
      report(1, hourMs, 1, { t: 1 }),
      report(1, -1, 1, { t: 1 }),
    ]);
    await measure([1]);
    const first = {
      ...{ version: 1, count: 4, delayMs: { min: -5, avg: 501.5, max: 1_001, p95: 1_001 } },
      ...{ late: 1, duplicates: 1, conflicts: 1, outOfRange: 1, expected: 6, missing: 3 },
    };
    expect(await hoursOf('device-1')).toEqual([{ hour: startMs, ...first }]);
    const named = { tenant: 'acme', device: 'device-1', index: 1, hour: new Date(startMs).toISOString() };
    expect(await published('device-1')).toEqual([{ ...named, ...first }]);
    await measure([1]);
    expect(await published('device-1')).toHaveLength(1);

    await api.store([report(1, 3_599_999, 600_000, { t: 1 }), report(1, 0, 9, { t: 1 })]);
    await measure([1]);
    const second = {
      ...{ version: 2, count: 5, delayMs: { min: -5, avg: 120_401, max: 600_000, p95: 600_000 } },
      ...{ late: 2, duplicates: 2, conflicts: 1, outOfRange: 1, expected: 6, missing: 2 },
    };
    expect(await hoursOf('device-1')).toEqual([{ hour: startMs, ...second }]);
    expect(await published('device-1')).toEqual([
      { ...named, ...first },
      { ...named, ...second },
    ]);
  });

  test('expects nothing when the profile is not known, and waits while none has been read', async () => {
    await api.store([report(2, 0, 60_001, { t: 1 })]);
    await expect(measure([2], [hour], { ...known, ready: false })).rejects.toMatchObject({
      code: 'telemetry.profiles-behind',
    });
    expect(await hoursOf('device-2')).toEqual([]);
    await measure([2], [hour], { ready: true, find: () => undefined });
    const [only] = await hoursOf('device-2');
    expect(only).toMatchObject({ count: 1, late: 1 });
    expect(only).not.toHaveProperty('expected');
    expect(only).not.toHaveProperty('missing');
  });

  test('does not depend on how its measurements came, nor on how often it was measured in between', async () => {
    const arrival = fc.record({ at: fc.nat(5), delay: fc.integer({ min: -3, max: 3_000 }), value: fc.nat(2) });
    let index = 100;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(arrival, fc.boolean()), { minLength: 1, maxLength: 12 }), async (arrivals) => {
        const [stepwise, atOnce] = [index++, index++];
        for (const [{ at, delay, value }, measured] of arrivals) {
          await api.store([report(stepwise, at, delay, { t: value })]);
          if (measured) await measure([stepwise]);
        }
        const reversed = [...arrivals].reverse();
        await api.store(reversed.map(([{ at, delay, value }]) => report(atOnce, at, delay, { t: value })));
        await measure([stepwise, atOnce]);
        const [left, right] = await Promise.all([hoursOf(`device-${stepwise}`), hoursOf(`device-${atOnce}`)]);
        expect(left).toEqual(right.map((one) => ({ ...one, version: expect.any(Number) as unknown })));
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('the marks of device-hours', () => {
  const rollUp = async (profiles = known): Promise<void> => {
    const steps = [measureQuality(profiles, api.database.schema)];
    const handler = new RollUpHandler(api.database.dataSource, { graceMs: 0, steps });
    // After a failure the lock ends with its connection, which takes the server a moment.
    while ((await handler.run()) === undefined);
  };

  test('have hours judged when they are taken, again after a late row, and stay while profiles are not read', async () => {
    await api.store([report(5, 0, 1, { t: 1 })]);
    await expect(rollUp({ ...known, ready: false })).rejects.toMatchObject({ code: 'telemetry.profiles-behind' });
    expect(await hoursOf('device-5')).toEqual([]);
    await rollUp();
    await rollUp();
    expect(await hoursOf('device-5')).toEqual([expect.objectContaining({ version: 1, count: 1 })]);
    await api.store([report(5, 1, 1, { t: 1 })]);
    await rollUp();
    expect(await hoursOf('device-5')).toEqual([expect.objectContaining({ version: 2, count: 2 })]);
    expect((await published('device-5')).map(({ version }) => version)).toEqual([1, 2]);
  });

  test('have the same quality whether the rows of an hour are read or counted in the database', async () => {
    const steps = [measureQuality(known, api.database.schema)];
    const judge = (denseRows: number) =>
      new RollUpHandler(api.database.dataSource, { graceMs: 0, steps, denseRows }).run();
    const values = fc.dictionary(fc.constantFrom('t', 'u', 'v'), fc.constantFrom(1, 2, true, 'x'), { minKeys: 1 });
    const arrival = fc.record({
      at: fc.nat(6),
      delay: fc.integer({ min: -3, max: 3_000 }),
      values,
      outOfRange: fc.boolean(),
    });
    let index = 1_000;
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 1, maxLength: 25 }), async (arrivals) => {
        index += 1;
        await api.store(
          arrivals.map(({ at, delay, values: some, outOfRange }) =>
            report(index, at, delay, some, outOfRange ? { outOfRange: `0:${Object.keys(some)[0]}` } : {}),
          ),
        );
        await judge(Infinity);
        const [counted] = await hoursOf(`device-${index}`);
        await api.database.dataSource.query('DELETE FROM data_quality WHERE device_index = $1', [index]);
        await api.database.dataSource.query('INSERT INTO rollup_mark VALUES ($1, $2)', [index, hour]);
        await judge(1);
        expect(counted).toBeDefined();
        expect(await hoursOf(`device-${index}`)).toEqual([counted]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('the quality of the fleet', () => {
  const page = async (query: string) =>
    (
      await api.get<{ devices: Record<string, unknown>[]; nextCursor?: string }>(`/v1/quality?${query}`, {
        tenant: 'fleet',
      })
    ).body;

  test('comes worst first by the measure that was chosen, page by page', async () => {
    const delays = [10, 5_000, 5_000, 20];
    const reports = delays.flatMap((delay, nth) =>
      [hour, hour + 2].map((one) => ({
        ...report(10 + nth, (one - hour) * hourMs, delay, { t: 1 }),
        key: `fleet/device-${nth}`,
      })),
    );
    await api.store(reports);
    await measure([10, 11, 12, 13], [hour, hour + 2]);
    const query = `from=${startMs}&to=${startMs + 3 * hourMs}`;
    const names: unknown[] = [];
    for (let cursor = ''; ;) {
      const { devices, nextCursor } = await page(`${query}&measure=delayAvgMs&limit=1${cursor}`);
      names.push(...devices.map(({ device }) => device));
      if (nextCursor === undefined) break;
      cursor = `&cursor=${nextCursor}`;
    }
    expect(names).toEqual(['device-1', 'device-2', 'device-3', 'device-0']);
    const { devices } = await page(`${query}&measure=lateShare&limit=2`);
    expect(devices[0]).toMatchObject({ device: 'device-1', lateShare: 1, late: 2, hours: 2, silentHours: 1 });
    expect(devices[0]).toMatchObject({ expected: 12, missing: 10, missingShare: 10 / 12, delayP95Ms: 5_000 });
  });

  test.each([
    ['quality?measure=beauty', 'validation-failed'],
    ['quality?limit=0', 'validation-failed'],
    ['quality?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'range-too-long'],
    ['quality?from=2&to=1', 'range-invalid'],
    ['devices/device-1/quality?from=2&to=1', 'range-invalid'],
    ['quality?cursor=WzEsMl0', 'cursor-invalid'],
  ])('refuses %s', async (path, type) => {
    const { status, body } = await api.get<{ type: string }>(`/v1/${path}`);
    expect([status, body.type]).toEqual([400, `urn:myelin:problem:${type}`]);
  });

  test('is forgotten some at a time', async () => {
    const forget = (before: number, most: number) =>
      withConnection(api.database.dataSource, (client) => deleteQualityBefore(client, before, most));
    await api.store([report(3, 0, 1, { t: 1 }), report(4, 0, 1, { t: 1 })]);
    await measure([3, 4]);
    await forget(hour, 1_000);
    expect(await forget(hour, 10)).toBe(0);
    expect(await forget(hour + 1, 1)).toBe(1);
    expect(await forget(hour + 1, 1_000)).toBeGreaterThan(0);
    expect(await hoursOf('device-3')).toEqual([]);
  });
});
