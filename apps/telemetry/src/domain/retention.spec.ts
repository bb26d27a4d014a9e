import { describe, expect, test } from '@jest/globals';
import { classesOf, dayMs, dayName, dayOf, isBeyondHorizon, isOver } from './retention.js';

describe('retention', () => {
  test('a day is over when its last millisecond is older than the class is kept', () => {
    const day = 20_000;
    const overAtMs = (day + 1 + 7) * dayMs;
    expect(isOver(day, 0, overAtMs - 1)).toBe(false);
    expect(isOver(day, 0, overAtMs)).toBe(true);
    expect(isOver(day, 1, overAtMs)).toBe(false);
  });

  test('days are UTC days', () => {
    expect(dayName(dayOf(Date.parse('2026-11-23T23:59:59.999Z')))).toBe('2026-11-23');
    expect(dayName(dayOf(Date.parse('2026-11-24T00:00:00.000Z')))).toBe('2026-11-24');
  });

  test('seven days ahead there is a partition, eight days ahead none is made', () => {
    const nowMs = 20_000.5 * dayMs;
    expect([20_007, 20_008].map((day) => isBeyondHorizon(day, nowMs))).toEqual([false, true]);
  });

  test('bits name classes', () => {
    expect([0, 1, 0b101, 0b111].map(classesOf)).toEqual([[], [0], [0, 2], [0, 1, 2]]);
  });
});
