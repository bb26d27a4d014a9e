import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type NextStep, afterTry, defaultSchedule } from './delivery.js';

const failed = { kind: 'failed', error: 'status 500' } as const;
const minute = 60_000;

/** The instants of all tries of a delivery whose receiver answers 500 until `untilMs`. */
function tries(untilMs: number, random: number): { at: number[]; end: NextStep } {
  const at = [0];
  for (;;) {
    const ageMs = at.at(-1)!;
    const outcome = ageMs < untilMs ? failed : ({ kind: 'delivered' } as const);
    const next = afterTry({ failures: at.length - 1, ageMs }, outcome, defaultSchedule, random);
    if (next.state !== 'pending') return { at, end: next };
    at.push(ageMs + next.delayMs);
  }
}

describe('when a delivery is tried again', () => {
  test('a receiver that answers 500 for an hour is asked few times, and reached soon after', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const { at, end } = tries(60 * minute, random);
        expect(end).toEqual({ state: 'delivered' });
        expect(at.length).toBeLessThanOrEqual(20);
        expect(at.at(-1)).toBeLessThanOrEqual(70 * minute);
      }),
    );
  });

  test('one that is dead for good is parked after a day', () => {
    const { at, end } = tries(Number.POSITIVE_INFINITY, 0.5);
    expect(end).toEqual({ state: 'parked' });
    expect(at.at(-1)).toBeGreaterThanOrEqual(1_440 * minute);
    expect(at.length).toBeLessThan(300);
  });

  test('not before the receiver asks for it, but within an hour', () => {
    const next = (retryAfterMs: number): NextStep =>
      afterTry({ failures: 0, ageMs: 0 }, { ...failed, retryAfterMs }, defaultSchedule, 0);
    expect(next(30_000)).toEqual({ state: 'pending', delayMs: 30_000 });
    expect(next(10)).toEqual({ state: 'pending', delayMs: 2_500 });
    expect(next(10 ** 12)).toEqual({ state: 'pending', delayMs: 60 * minute });
  });

  test('never after it was refused', () => {
    const refused = { kind: 'refused', error: 'status 410' } as const;
    expect(afterTry({ failures: 0, ageMs: 0 }, refused, defaultSchedule, 0)).toEqual({ state: 'parked' });
  });
});
