import { describe, expect, test } from '@jest/globals';
import { PartitionLane } from './partition-lane.js';
import { type Partition, planRequests } from './plan-requests.js';

const limits = { lingerMs: 5, maxBatchBytes: 10_000, maxBatchRecords: 100 };

/** A partition with one record for each of the times. */
function partition(index: number, ...appendedAtMs: number[]): Partition {
  const lane = new PartitionLane(limits);
  const wire = { key: 'device', value: null, headers: {}, timestampMs: 0 };
  for (const at of appendedAtMs) lane.append({ wire, bytes: 10, settled: () => undefined, appendedAtMs: at });
  return { topic: 't', index, lane, sequence: 0 };
}

function planned(partitions: readonly Partition[], options: Partial<Parameters<typeof planRequests>[1]> = {}) {
  const leaderOf = ({ index }: Partition): number => index % 2;
  const { requests, leaderless } = planRequests(partitions, { leaderOf, busy: new Set(), dueUntilMs: 10, ...options });
  const carried = [...requests].map(([leader, shipments]) => [leader, shipments.map((one) => one.partition.index)]);
  return { requests: Object.fromEntries(carried) as Record<string, number[]>, leaderless };
}

describe('what goes into a request', () => {
  test('with what is due for a leader goes what waits for its other partitions, behind it', () => {
    expect(planned([partition(0, 8), partition(2, 5), partition(4, 9)]).requests).toEqual({ 0: [2, 0, 4] });
  });

  test('a leader for which nothing is due gets nothing yet', () => {
    expect(planned([partition(0, 5), partition(1, 8)]).requests).toEqual({ 0: [0] });
    expect(planned([partition(0, 8)]).requests).toEqual({});
  });

  test('a leader that has not answered yet gets nothing, and its records stay', () => {
    const due = partition(0, 5);
    expect(planned([due, partition(1, 5)], { busy: new Set([0]) }).requests).toEqual({ 1: [1] });
    expect(due.lane.dueAtMs()).toBe(10);
  });

  test('a partition whose batch is under way is left out', () => {
    const underWay = partition(0, 1);
    underWay.lane.take();
    expect(planned([underWay, partition(2, 5)]).requests).toEqual({ 0: [2] });
  });

  test('nothing is taken from a partition that nobody leads, and it is told only when something is due there', () => {
    const leaderOf = ({ index }: Partition): number => (index === 0 ? -1 : 1);
    expect(planned([partition(0, 5), partition(1, 5)], { leaderOf })).toEqual({
      requests: { 1: [1] },
      leaderless: true,
    });
    expect(planned([partition(0, 8), partition(1, 5)], { leaderOf })).toEqual({
      requests: { 1: [1] },
      leaderless: false,
    });
  });
});
