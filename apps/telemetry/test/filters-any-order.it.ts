import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import type { ProfilePolicy } from '../src/domain/profile-policy.js';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { type Arrival, expectedFilteredState } from './filter-model.fixture.js';
import {
  filterKilled,
  filterOn,
  filteredState,
  graceMs,
  profilesOf,
  rollUp,
  rollUpAndFilter,
} from './filters.fixture.js';
import { fixtureTopic, reportRecord, storeAgain, tickRecord } from './records.fixture.js';
import { dayMs, fromRows, hourMs, minuteMs, rolledUp } from './rollups.fixture.js';

let database: DatabaseFixture;
beforeAll(async () => void (database = await useDatabase({ service: 'telemetry', migrations, entities })));
afterAll(() => database.dispose());

const latenessMs = 30 * minuteMs;
const policy: ProfilePolicy = {
  ...{ expectedReportIntervalMs: minuteMs, lateAfterMs: minuteMs, latenessMs },
  filters: new Map([
    ['t', { deadband: 1, minimumIntervalMs: undefined }],
    ['h', { deadband: 0.5, minimumIntervalMs: 10 * minuteMs }],
    ['on', { deadband: undefined, minimumIntervalMs: 90 * minuteMs }],
  ]),
};
const profiles = profilesOf(policy);
/** Four hours around the end of a day, so that some have it between them. */
const firstMs = Math.floor(Date.now() / dayMs) * dayMs - dayMs - 2 * hourMs;

/** Few times and values, so that copies, conflicts and flat lines are the rule. */
const content = fc.record({
  device: fc.constantFrom(0, 0, 0, 0, 0, 1),
  ts: fc
    .tuple(
      fc.constantFrom(1, 1, 1, 1, 2, 2, 0, 3),
      fc.oneof(
        fc.constantFrom(0, hourMs - 1),
        fc.nat(11).map((at) => at * 5 * minuteMs),
      ),
    )
    .map(([hour, at]) => firstMs + hour * hourMs + at),
  seq: fc.nat(1),
  values: fc.constantFrom<Arrival['values'][]>(
    ...[{ t: 20 }, { t: 20 }, { t: 20 }, { t: 20.5 }, { t: 20.5 }, { t: 21.5 }, { t: 20, h: 50 }, { t: 20.5, h: 50 }],
    ...[
      { h: 50.5 },
      { h: 49 },
      { t: 'none' },
      { on: true },
      { on: false, t: 20.5 },
      { on: 'stuck' },
      { t: 21, free: 1 },
    ],
  ),
});

/** Some receive times around the decision of the hour, copies included. */
const receivedAfter = fc.constantFrom(0, 1, 1, minuteMs, minuteMs, 20 * minuteMs, 40 * minuteMs, 2 * hourMs);
const receivedBesideEnd = fc.constantFrom(-1, 0, 1, graceMs);
const receipt = fc.oneof(
  { weight: 3, arbitrary: receivedAfter.map((delay) => ({ delay, besideEnd: undefined })) },
  { weight: 1, arbitrary: receivedBesideEnd.map((besideEnd) => ({ delay: 0, besideEnd })) },
);
/** How long the gateway that received it was slow to write it. */
const slowness = fc.constantFrom(0, 0, 1, graceMs - 2);
const classNames = fc.constantFrom(['standard'], ['short'], ['summary'], ['standard', 'long']);

const events = ['none', 'none', 'batch', 'restart', 'roll-up', 'filter', 'both', 'beside', 'killed'] as const;

const measured = fc.tuple(content, fc.array(fc.tuple(receipt, slowness, fc.nat(1)), { minLength: 1, maxLength: 3 }));

const history = fc
  .tuple(classNames, fc.array(measured, { minLength: 12, maxLength: 24, size: 'max' }))
  .map(([names, contents]) =>
    contents
      .flatMap(([one, copies]) =>
        copies.map(([{ delay, besideEnd }, slow, choice]) => {
          const lateFrom = (Math.floor(one.ts / hourMs) + 1) * hourMs + latenessMs;
          const receivedAtMs = besideEnd === undefined ? one.ts + delay : lateFrom + besideEnd;
          const retentionClass = names[choice % names.length] ?? 'standard';
          return { writtenAtMs: receivedAtMs + slow, arrival: { ...one, retentionClass, receivedAtMs } };
        }),
      )
      .sort((left, right) => left.writtenAtMs - right.writtenAtMs)
      .map(({ arrival }): Arrival => arrival),
  )
  .chain((arrivals) =>
    fc.record({
      arrivals: fc.constant(arrivals),
      happenings: fc.array(fc.constantFrom(...events), { minLength: arrivals.length, maxLength: arrivals.length }),
    }),
  );

let partition = 0;
let discarded = 0;

test('what filters keep and count depends on what was received and when alone: no order, copy, batch, restart, kill or early decision changes it', async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ arrivals, happenings }) => {
      partition += 1;
      await deliver(arrivals, happenings);
      for (const device of new Set(arrivals.map((one) => one.device))) {
        const mine = arrivals.filter((one) => one.device === device);
        const expected = expectedFilteredState(mine, policy);
        const found = await filteredState(database.dataSource, `tenant-${partition}`, `device-${device}`);
        expect(found).toEqual(expected);
        const { stored = 0, filtered: gone = 0, duplicates = 0, filteredValues = 0 } = found.statistics;
        expect(stored + gone + duplicates).toBe(mine.length);
        discarded += filteredValues;
        // Of several classes, readers take rows: see `mixed_hour`.
        if (new Set(mine.map(({ retentionClass }) => retentionClass)).size === 1) await expectRollupsOfRows(device);
      }
    }),
    { numRuns: 50 },
  );
  expect(discarded).toBeGreaterThan(100);
}, 180_000);

async function expectRollupsOfRows(device: number): Promise<void> {
  const deviceIndex = partition * 10 + device;
  const span = { fromMs: firstMs, toMs: firstMs + 5 * hourMs };
  const asked = { deviceIndex, tenant: `tenant-${partition}`, metrics: ['free', 'h', 'on', 't'], ...span };
  expect(await rolledUp(database.dataSource, 'hour', deviceIndex)).toEqual(
    await fromRows(database.dataSource, hourMs, asked),
  );
}

async function deliver(arrivals: readonly Arrival[], happenings: readonly (typeof events)[number][]): Promise<void> {
  let writer = await restarted();
  let waiting: ReturnType<typeof reportRecord>[] = [];
  const beside: Promise<unknown>[] = [];
  for (const [offset, arrival] of arrivals.entries()) {
    waiting.push(recordOf(arrival, offset));
    const event = happenings[offset];
    if (event === 'none') continue;
    await storeAgain(writer, waiting);
    waiting = [];
    if (event === 'restart') writer = await restarted();
    if (event === 'roll-up') await rollUp(database, profiles);
    if (event === 'filter') await filterOn(database.dataSource, profiles).run();
    if (event === 'both') await rollUpAndFilter(database, profiles);
    if (event === 'beside')
      beside.push(
        filterOn(database.dataSource, profiles)
          .run()
          .catch(() => undefined),
      );
    if (event === 'killed') await filterKilled(database, profiles);
  }
  const end = { ...tickRecord(arrivals.length, partition), timestampMs: firstMs + 8 * hourMs };
  await storeAgain(writer, [...waiting, end]);
  await Promise.all(beside);
  await rollUpAndFilter(database, profiles);
}

async function restarted(): Promise<StoreMeasurementsHandler> {
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
  return writer;
}

function recordOf(arrival: Arrival, offset: number): ReturnType<typeof reportRecord> {
  const { device, ts, seq, values, retentionClass, receivedAtMs } = arrival;
  const body = { ts, boot: 'b', seq, values };
  const key = `tenant-${partition}/device-${device}`;
  const deviceIndex = partition * 10 + device;
  return reportRecord({ offset, body, key, deviceIndex, retentionClass, receivedAtMs }, partition);
}
