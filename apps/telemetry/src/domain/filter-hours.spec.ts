import { describe, expect, test } from '@jest/globals';
import { decidedFromMs, firstNotableHour, firstOpenHour, lateFromMs } from './filter-hours.js';
import { hourMs } from './hour-marks.js';

const wait = { latenessMs: 90_000, graceMs: 10_000 };

describe('an hour', () => {
  test('is decided as soon as everything is stored that was received before its lateness and the grace were over', () => {
    expect(lateFromMs(5, wait)).toBe(6 * hourMs + 90_000);
    const dueMs = decidedFromMs(5, wait);
    expect(dueMs).toBe(6 * hourMs + 100_000);
    expect(firstOpenHour(dueMs - 1, wait)).toBe(5);
    expect(firstOpenHour(dueMs, wait)).toBe(6);
  });

  test('may be noted until a day later', () => {
    const dueMs = decidedFromMs(50, wait);
    expect(firstNotableHour(dueMs + 24 * hourMs - 1, wait)).toBe(50);
    expect(firstNotableHour(dueMs + 24 * hourMs, wait)).toBe(51);
  });
});
