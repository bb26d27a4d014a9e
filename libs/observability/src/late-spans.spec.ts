import { expect, test } from '@jest/globals';
import { lateSpanCounts, takeLateSpan } from './late-spans.js';

test('of the failures of a second ten may have a span, the others are counted', () => {
  const taken = (nowMs: number): number => Array.from({ length: 25 }, () => takeLateSpan(nowMs)).filter(Boolean).length;
  expect([taken(1_000), taken(1_999), taken(2_000)]).toEqual([10, 0, 10]);
  expect(lateSpanCounts()).toEqual({ written: 20, dropped: 55 });
});
