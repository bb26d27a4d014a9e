import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { differByMore } from './decimal-difference.js';

describe('whether numbers differ by more than a limit', () => {
  test.each([
    [0.3, 0.2, 0.1, false],
    [0.4, 0.3, 0.1, false],
    [20.1, 20.2, 0.1, false],
    [0.4, 0.2, 0.1, true],
    [1, 1.5, 0.5, false],
    [-0.2, 0.1, 0.3, false],
    [-0.2, 0.1, 0.29999999999999993, true],
    [9007199254740994, 9007199254740992, 2, false],
    [1e300, 1e300, 1e-300, false],
    [1.7976931348623157e308, -1.7976931348623157e308, 1, true],
    [5e-324, 0, 5e-324, false],
    [5e-324, -5e-324, 5e-324, true],
    [1, 2, 0, true],
    [-0, 0, 0, false],
  ])('%d and %d by %d: %s', (left, right, limit, expected) => {
    expect(differByMore(left, right, limit)).toBe(expected);
    expect(differByMore(right, left, limit)).toBe(expected);
  });

  test('is decided by their decimals: whole hundredths differ as whole numbers do', () => {
    const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(whole, fc.integer({ min: -50, max: 50 }), fc.nat(50), (left, step, limit) => {
        const right = left + step;
        expect(differByMore(left / 100, right / 100, limit / 100)).toBe(Math.abs(step) > limit);
      }),
    );
  });
});
