import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contrastOf, spreadOf, standingOf } from './standing.js';

describe('a value within a fleet', () => {
  test.each([
    [3, [1, 2, 3, 4, 5], { rank: 3, percentile: 50 }],
    [5, [1, 2, 3, 4, 5], { rank: 1, percentile: 90 }],
    [9, [1, 2], { rank: 1, percentile: 100 }],
    [0, [1, 2], { rank: 3, percentile: 0 }],
    [2, [2, 2, 2, 1], { rank: 1, percentile: 62.5 }],
  ])('%d in %j stands at %j', (value, fleet, standing) => {
    expect(standingOf(value, fleet)).toEqual(standing);
  });

  test('is ranked as a sort does it, and its opposite mirrors the percentile', () => {
    const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: -6, max: 6 }), (fleet, value) => {
        const sorted = [...fleet, value].sort((left, right) => right - left);
        expect(standingOf(value, fleet).rank).toBe(sorted.indexOf(value) + 1);
        const mirrored = standingOf(
          -value,
          fleet.map((one) => -one),
        );
        expect(standingOf(value, fleet).percentile + mirrored.percentile).toBeCloseTo(100, 9);
      }),
    );
  });
});

test('the spread of a fleet is its least, middle and greatest value, of any magnitude', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
  expect(spreadOf([4, 1])).toEqual({ min: 1, median: 2.5, max: 4 });
  expect(spreadOf([-1.7e308, 1.7e308])).toEqual({ min: -1.7e308, median: 0, max: 1.7e308 });
});

test('a contrast has only finite members', () => {
  expect(contrastOf(3, 2)).toEqual({ difference: 1, ratio: 1.5 });
  expect(contrastOf(3, 0)).toEqual({ difference: 3 });
  expect(contrastOf(1.7e308, -1.7e308)).toEqual({ ratio: -1 });
  expect([contrastOf(undefined, 1), contrastOf(1, undefined)]).toEqual([{}, {}]);
});
