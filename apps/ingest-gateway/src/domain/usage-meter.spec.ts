import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { owedNow, policyOf, remaining, waitMs } from './usage-meter.js';

const policy = policyOf(50);

describe('a rate', () => {
  test('lets a burst of twice the rate through, then waits', () => {
    for (let owed = 0; owed < 100; owed++) expect(waitMs(owed, policy, 1)).toBe(0);
    expect(remaining(100, policy)).toBe(0);
    expect(waitMs(100, policy, 1)).toBe(20);
    expect(waitMs(owedNow(100, 1_000, policy, 1_020), policy, 1)).toBe(0);
    expect(remaining(owedNow(100, 1_000, policy, 3_000), policy)).toBe(100);
  });

  test('a batch larger than a burst passes after a rest and leaves a debt', () => {
    expect(waitMs(0, policy, 1_000)).toBe(0);
    expect(waitMs(1_000, policy, 1)).toBe(18_020);
    expect(waitMs(1_000, policy, 1_000)).toBe(20_000);
  });

  test('a clock that steps back pays nothing and takes nothing', () => {
    expect(owedNow(10, 5_000, policy, 1_000)).toBe(10);
  });

  test('a limit that is raised holds for the debt that is there', () => {
    const slow = policyOf(0.001);
    expect(waitMs(owedNow(1, 0, slow, 0), slow, 1)).toBe(1_000_000);
    expect(waitMs(owedNow(1, 0, policyOf(10), 0), policyOf(10), 1)).toBe(0);
  });

  test('who waits as told is admitted, and over time no more than burst and rate pass, whatever is asked', () => {
    const ask = fc.record({ count: fc.integer({ min: 1, max: 50 }), afterMs: fc.nat(500) });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 200 }), fc.integer({ min: 1, max: 200 }), (history, perSecond) => {
        const rate = policyOf(perSecond);
        let [owed, atMs, nowMs, passed, largest] = [0, 0, 0, 0, 0];
        for (const { count, afterMs } of history) {
          nowMs += afterMs;
          const now = owedNow(owed, atMs, rate, nowMs);
          const wait = waitMs(now, rate, count);
          expect(waitMs(owedNow(owed, atMs, rate, nowMs + wait), rate, count)).toBe(0);
          if (wait > 0) continue;
          [owed, atMs] = [now + count, nowMs];
          passed += count;
          largest = Math.max(largest, count);
        }
        expect(passed).toBeLessThanOrEqual(rate.burst + largest + (perSecond * nowMs) / 1_000 + 1e-3);
      }),
    );
  });
});
