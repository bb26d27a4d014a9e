import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { policyOf, remaining, taken, waitMs } from './usage-meter.js';

const policy = policyOf(50);

describe('a rate', () => {
  test('lets a burst of twice the rate through, then waits', () => {
    let paid = 0;
    for (let nth = 0; nth < 100; nth++) {
      expect(waitMs(paid, policy, 1, 1_000)).toBe(0);
      paid = taken(paid, policy, 1, 1_000);
    }
    expect(remaining(paid, policy, 1_000)).toBe(0);
    expect(waitMs(paid, policy, 1, 1_000)).toBe(20);
    expect(waitMs(paid, policy, 1, 1_020)).toBe(0);
    expect(remaining(paid, policy, 3_000)).toBe(100);
  });

  test('a batch larger than a burst passes after a rest and leaves a debt', () => {
    const paid = taken(0, policy, 1_000, 0);
    expect(waitMs(0, policy, 1_000, 0)).toBe(0);
    expect(waitMs(paid, policy, 1, 0)).toBe(18_020);
    expect(waitMs(paid, policy, 1_000, 0)).toBe(20_000);
  });

  test('who waits as told is admitted, and over time no more than burst and rate pass, whatever is asked', () => {
    const asks = fc.array(fc.record({ count: fc.integer({ min: 1, max: 50 }), afterMs: fc.nat(500) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(asks, fc.integer({ min: 1, max: 200 }), (history, perSecond) => {
        const rate = policyOf(perSecond);
        let [paid, nowMs, passed, largest] = [0, 0, 0, 0];
        for (const { count, afterMs } of history) {
          nowMs += afterMs;
          const wait = waitMs(paid, rate, count, nowMs);
          expect(waitMs(paid, rate, count, nowMs + wait + 1e-6)).toBe(0);
          if (wait > 0) continue;
          paid = taken(paid, rate, count, nowMs);
          passed += count;
          largest = Math.max(largest, count);
        }
        expect(passed).toBeLessThanOrEqual(rate.burst + largest + (perSecond * nowMs) / 1_000 + 1e-3);
      }),
    );
  });
});
