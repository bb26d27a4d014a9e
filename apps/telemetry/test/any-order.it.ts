import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@myelin/kernel';
import { type DatabaseFixture, useDatabase } from '@myelin/testing';
import fc from 'fast-check';
import { StoreMeasurementsHandler } from '../src/features/store-measurements/store-measurements.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';
import { batchOf, fixtureTopic, reportRecord } from './records.fixture.js';
import { type Arrival, expectedState, storedState } from './state-model.fixture.js';

let database: DatabaseFixture;

beforeAll(async () => {
  database = await useDatabase({ service: 'telemetry', migrations, entities });
});
afterAll(() => database.dispose());

const dayMs = 86_400_000;
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;

/** Few devices, times, sequence numbers and values, so that copies and conflicts are the rule. */
const content = fc.record(
  {
    device: fc.constantFrom(0, 1),
    ts: fc.constantFrom(nowMs, nowMs - 1, nowMs - dayMs, nowMs - 2 * dayMs, nowMs - 20 * dayMs),
    boot: fc.constantFrom('a', 'b'),
    seq: fc.constantFrom(0, 1, 2),
    values: fc.constantFrom<Record<string, number | boolean>>(
      { t: 1 },
      { t: 2 },
      { t: 1, h: 5 },
      { h: 6, on: true },
      { on: false },
    ),
  },
  { requiredKeys: ['device', 'ts', 'values'] },
);

/** May differ between copies: a profile can change before a device sends again, to another class, to other ranges. */
const circumstances = fc.record({
  retentionClass: fc.constantFrom('short', 'short', 'short', 'standard', 'long', 'summary', 'evaluate-only'),
  flagged: fc.constantFrom('', '', 't', 'h'),
  receivedAtMs: fc.integer({ min: nowMs, max: nowMs + 5_000 }),
});

/** What arrives: measurements and their copies, in any order, cut into batches, with restarts between some of them. */
const history = fc
  .array(fc.tuple(content, fc.array(circumstances, { minLength: 1, maxLength: 3 })), { minLength: 1, maxLength: 10 })
  .chain((measurements) => {
    const arrivals = measurements.flatMap(([one, copies]) => copies.map((copy): Arrival => ({ ...one, ...copy })));
    const { length } = arrivals;
    return fc.record({
      arrivals: fc.shuffledSubarray(arrivals, { minLength: length }),
      cuts: fc.array(fc.constantFrom('none', 'none', 'batch', 'restart'), { minLength: length, maxLength: length }),
    });
  });

describe('the end state', () => {
  test('depends on what arrived alone: no order, batching, copy or restart changes rows, latest, aggregates or counters', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(history, async ({ arrivals, cuts }) => {
        run += 1;
        const firstIndex = run * 10;
        await deliver(run, firstIndex, arrivals, cuts);
        expect(await storedState(database.dataSource, firstIndex)).toEqual(expectedState(arrivals, nowMs));
      }),
      { numRuns: 120 },
    );
  }, 60_000);
});

async function deliver(
  partition: number,
  firstIndex: number,
  arrivals: readonly Arrival[],
  cuts: readonly string[],
): Promise<void> {
  let writer = await restarted(partition);
  let waiting: ReturnType<typeof reportRecord>[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await writer.store(batchOf(waiting));
    waiting = [];
  };
  for (const [offset, arrival] of arrivals.entries()) {
    waiting.push(recordOf(arrival, offset, partition, firstIndex));
    if (cuts[offset] === 'none') continue;
    await flush();
    if (cuts[offset] === 'restart') writer = await restarted(partition);
  }
  await flush();
}

async function restarted(partition: number): Promise<StoreMeasurementsHandler> {
  const writer = new StoreMeasurementsHandler(database.dataSource, systemClock);
  await writer.load(fixtureTopic, [partition]);
  return writer;
}

function recordOf(arrival: Arrival, offset: number, partition: number, firstIndex: number) {
  const { device, retentionClass, flagged, receivedAtMs, boot, seq, ts, values } = arrival;
  const numbered = boot !== undefined && seq !== undefined ? { boot, seq } : boot !== undefined ? { boot } : {};
  const report = {
    body: { ts, ...numbered, values },
    key: `tenant-${firstIndex}/device-${device}`,
    deviceIndex: firstIndex + device,
    ...(flagged !== '' && Object.hasOwn(values, flagged) && { outOfRange: `0:${flagged}` }),
  };
  return reportRecord({ offset, ...report, retentionClass, receivedAtMs }, partition);
}
