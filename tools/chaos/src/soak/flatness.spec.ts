import { describe, expect, test } from '@jest/globals';
import { type MemorySample, flatnessOf } from './flatness.js';

const mebibyte = 1_048_576;
/** An hour, a sample each ten seconds. */
const hour = (bytesAt: (share: number, i: number) => number): MemorySample[] =>
  Array.from({ length: 361 }, (_, i) => ({ atMs: i * 10_000, bytes: bytesAt(i / 360, i) }));

describe('memory', () => {
  test('that only warms up is flat', () => {
    const samples = hour((share) => (share < 0.2 ? 50 + 500 * share : 150) * mebibyte);
    expect(flatnessOf(samples)).toMatchObject({ flat: true, bytesPerHour: 0, medianBytes: 150 * mebibyte });
  });

  test('that goes up and down with a collector is flat', () => {
    const samples = hour((_share, i) => (100 + (i % 12) * 5) * mebibyte);
    expect(flatnessOf(samples)?.flat).toBe(true);
  });

  test('that grows steadily is not, however jagged, and the slope says how fast', () => {
    const samples = hour((share, i) => (100 + 40 * share + (i % 12)) * mebibyte);
    const found = flatnessOf(samples);
    expect(found?.flat).toBe(false);
    expect((found?.bytesPerHour ?? 0) / mebibyte).toBeCloseTo(40, 0);
  });

  test('that shrinks is flat', () => {
    expect(flatnessOf(hour((share) => (300 - 200 * share) * mebibyte))?.flat).toBe(true);
  });

  test('of too few samples is not judged', () => {
    expect(flatnessOf(hour(() => 1).slice(0, 3))).toBeUndefined();
  });
});
