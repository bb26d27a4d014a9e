import { describe, expect, test } from '@jest/globals';
import type { Measurement, Values } from './measurement.js';
import { type StoredMeasurement, planBatch } from './plan-batch.js';

const measured = (values: Values, changes: Partial<Measurement> = {}): Measurement => {
  const seq = changes.seq ?? 1;
  const metrics = Object.keys(values).sort();
  const valuesJson = JSON.stringify(values);
  const content = { metrics, shape: metrics.join(), valuesJson, fingerprint: `${seq} ${valuesJson}` };
  const identity = { deviceIndex: 1, tsMs: 1_000, receivedAtMs: 2_000, boot: 'b', seq };
  return { ...identity, ...content, retentionClass: 1, outOfRange: [], ...changes };
};
const stored = (from: Measurement, retentionClass: 0 | 1 | 2 = 1): StoredMeasurement => ({ ...from, retentionClass });
const never = (): boolean => false;

describe('what a batch changes', () => {
  test('the same again is stored once and counted, with the earliest receipt, all flags and the longest class', () => {
    const first = measured({ a: 1 }, { receivedAtMs: 3_000, outOfRange: ['a'], retentionClass: 0 });
    const copy = measured({ a: 1 }, { receivedAtMs: 2_500, outOfRange: [], retentionClass: 2 });
    const { inserts, counts, seenAgain } = planBatch([first, copy], [], never);
    expect(inserts).toEqual([{ ...first, receivedAtMs: 2_500, outOfRange: ['a'], retentionClass: 2, duplicates: 1 }]);
    expect(seenAgain).toEqual([]);
    expect(counts.get(1)).toEqual({
      stored: 1,
      duplicates: 1,
      conflicts: 0,
      expired: 0,
      evaluateOnly: 0,
      classes: 0b101,
    });
  });

  test('copies of a stored row become one change of that row', () => {
    const row = measured({ a: 1 });
    const { inserts, seenAgain, latest } = planBatch([row, { ...row, receivedAtMs: 1 }], [stored(row)], never);
    expect(inserts).toEqual([]);
    expect(seenAgain).toMatchObject([{ copies: 2, receivedAtMs: 1, storedClass: 1 }]);
    expect(latest).toEqual([]);
  });

  test('a conflict is counted once per metric that another kept row of the moment names', () => {
    const known = stored(measured({ a: 1, b: 1 }));
    const rivals = [
      measured({ a: 2 }, { seq: 2 }),
      measured({ a: 3, c: 1 }, { seq: 3 }),
      measured({ d: 1 }, { seq: 4 }),
    ];
    // Rows per metric: a 3, b 1, c 1, d 1.
    const { counts, contested } = planBatch(rivals, [known], never);
    expect(counts.get(1)).toMatchObject({ stored: 3, conflicts: 2 });
    expect(contested).toEqual([known]);
  });

  test('another device or another time is no conflict', () => {
    const others = [measured({ a: 1 }), measured({ a: 2 }, { deviceIndex: 2 }), measured({ a: 2 }, { tsMs: 1_001 })];
    const { counts, inserts, contested } = planBatch(others, [], never);
    expect(inserts).toHaveLength(3);
    expect([...counts.values()].map(({ conflicts }) => conflicts)).toEqual([0, 0]);
    expect(contested).toEqual([]);
  });

  test('what is past its retention is only counted', () => {
    const { inserts, counts, latest } = planBatch([measured({ a: 1 })], [], () => true);
    expect([inserts, latest]).toEqual([[], []]);
    expect(counts.get(1)).toEqual({ stored: 0, duplicates: 0, conflicts: 0, expired: 1, evaluateOnly: 0, classes: 0 });
  });

  test('the latest is the one with the greatest ts, then seq, then fingerprint, per set of names', () => {
    const rows = [
      measured({ a: 1 }, { seq: 9 }),
      measured({ a: 2 }, { tsMs: 2_000 }),
      measured({ a: 3 }, { tsMs: 2_000, seq: 2 }),
    ];
    const { latest } = planBatch([...rows, measured({ b: 1 })], [], never);
    expect(latest.map(({ valuesJson }) => valuesJson)).toEqual(['{"a":3}', '{"b":1}']);
  });
});
