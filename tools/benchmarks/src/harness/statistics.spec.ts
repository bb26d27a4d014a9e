import { describe, expect, test } from '@jest/globals';
import { best, median, pairedRatio, quantile, rounded } from './statistics.js';

describe('statistics of rounds', () => {
  test('the median is the middle one, or between the two in the middle, in any order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('the best of costs is the smallest, of rates the largest', () => {
    expect(best([3, 1, 2], 'at-most')).toBe(1);
    expect(best([3, 1, 2], 'at-least')).toBe(3);
    expect(best([], 'at-most')).toBeNaN();
  });

  test('a quantile is a value that was measured, by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantile(values, 0.99)).toBe(99);
    expect(quantile(values, 1)).toBe(100);
    expect(quantile(values, 0)).toBe(1);
    expect(quantile([7], 0.5)).toBe(7);
  });

  test('a ratio compares within rounds, so a slow phase of the machine does not change it', () => {
    expect(pairedRatio([10, 100, 12], [5, 50, 6])).toBe(2);
    expect(pairedRatio([10], [])).toBeNaN();
  });

  test('figures keep four significant digits', () => {
    expect(rounded(0.743_219)).toBe(0.7432);
    expect(rounded(43_217.9)).toBe(43_220);
  });
});
