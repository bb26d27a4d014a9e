import { describe, expect, test } from '@jest/globals';
import { dayMs, daysAhead, keptDays } from '../domain/retention.js';
import { timeRangeOf } from './time-range.query.js';

const nowMs = Date.UTC(2026, 10, 23, 9);
const year9999Ms = 253_402_300_799_999;

describe('the range of a query', () => {
  test('is what was asked for where measurements can be', () => {
    const asked = { from: nowMs - keptDays[2] * dayMs, to: nowMs + daysAhead * dayMs };
    expect(timeRangeOf(asked, nowMs)).toEqual({ fromMs: asked.from, toMs: asked.to });
  });

  test('never spans more than is kept, whatever was asked for', () => {
    const { fromMs, toMs } = timeRangeOf({ from: 0, to: year9999Ms }, nowMs);
    expect((toMs - fromMs) / dayMs).toBeLessThan(keptDays[2] + daysAhead + 40);
  });

  test.each([
    ['before all that is kept', { from: 0, to: 1_000 }],
    ['after all that can be stored', { from: year9999Ms - 1, to: year9999Ms }],
  ])('%s is empty and no fault', (_, asked) => {
    const { fromMs, toMs } = timeRangeOf(asked, nowMs);
    expect(fromMs).toBe(toMs);
  });
});
