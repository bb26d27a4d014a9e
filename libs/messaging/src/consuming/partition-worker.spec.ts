import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { fetchedRecord } from '../client/kafkajs/decoded-record.js';
import { PartitionWorker } from './partition-worker.js';

const intervalMs = 50;
const maxBatchRecords = 4;

/** What was delivered, and when. */
let delivered: { readonly offsets: number[]; readonly atMs: number }[];
let workMs: number;
let worker: PartitionWorker;
let next: bigint;

beforeEach(() => {
  jest.useFakeTimers();
  [delivered, workMs, next] = [[], 0, 0n];
  const retry = { initialMs: 1, maxMs: 1 };
  const limits = { maxBatchRecords, minBatchIntervalMs: intervalMs, maxQueuedBytes: 1_000_000, retry };
  const ports = {
    process: async ({ records }: { readonly records: readonly { readonly offset: bigint }[] }) => {
      delivered.push({ offsets: records.map(({ offset }) => Number(offset)), atMs: performance.now() });
      if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
      return true;
    },
    ...{ pause: () => undefined, resume: () => undefined, confirmed: () => true },
    ...{ advanced: () => undefined, failing: () => undefined },
  };
  worker = new PartitionWorker('t', 0, limits, ports, 0n, undefined);
});
afterEach(async () => {
  worker.close();
  await jest.runAllTimersAsync();
  await worker.finished;
  jest.useRealTimers();
});

function offer(count: number): void {
  const records = Array.from({ length: count }, (_, at) =>
    fetchedRecord({ offset: String(Number(next) + at), timestamp: '0', key: null, value: Buffer.from('v') }),
  );
  const fetchedFrom = next;
  next += BigInt(count);
  worker.offer({ topic: 't', partition: 0, records, fetchedFrom, nextOffset: next, highWatermark: next });
}
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
const offsets = (): number[][] => delivered.map((one) => one.offsets);

test('the first records are delivered at once; those after them wait for the interval and are one batch', async () => {
  offer(1);
  await pass(0);
  expect(offsets()).toEqual([[0]]);
  offer(1);
  await pass(intervalMs - 1);
  offer(1);
  await pass(0);
  expect(offsets()).toEqual([[0]]);
  await pass(1);
  expect(offsets()).toEqual([[0], [1, 2]]);
  await pass(10 * intervalMs);
  offer(1);
  await pass(0);
  expect(offsets()).toEqual([[0], [1, 2], [3]]);
});

test('a full batch waits for nothing, and what is over waits for the interval', async () => {
  offer(1);
  await pass(1);
  offer(maxBatchRecords - 1);
  await pass(1);
  expect(delivered).toHaveLength(1);
  offer(3);
  await pass(0);
  expect(offsets()).toEqual([[0], [1, 2, 3, 4]]);
  await pass(intervalMs - 1);
  expect(delivered).toHaveLength(2);
  await pass(1);
  expect(offsets().at(-1)).toEqual([5, 6]);
});

test('the interval is from one beginning to the next: work that took as long is not followed by a rest', async () => {
  workMs = intervalMs;
  offer(1);
  await pass(1);
  offer(1);
  await pass(intervalMs - 1);
  expect(offsets()).toEqual([[0], [1]]);
});

test('a partition that is given back does not wait for its interval', async () => {
  offer(1);
  await pass(0);
  offer(1);
  await pass(1);
  worker.close();
  await worker.finished;
  expect(offsets()).toEqual([[0]]);
  expect(worker.position).toBe(1n);
});
