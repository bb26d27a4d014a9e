import { describe, expect, test } from '@jest/globals';
import { dueInWindows } from './time-in-windows.js';

const [minuteMs, hourMs] = [60_000, 3_600_000];
/** Wednesday 02:00 to 04:00 in Berlin. */
const windows = { weekly: [{ fromMinute: 3 * 1_440 + 120, toMinute: 3 * 1_440 + 240 }], timeZone: 'Europe/Berlin' };
const at = (text: string): number => Date.parse(text);

describe('the time of an offer that nobody has begun', () => {
  test('begins when its window opens again, where it is up while that is closed', () => {
    expect(dueInWindows(windows, hourMs, at('2026-11-24T23:00:30Z'))).toBe(at('2026-11-25T02:00:00Z'));
  });

  test('is not up in the first minutes of its window, when the device may not have asked yet', () => {
    const nowMs = at('2026-11-25T01:05:00Z');
    expect(dueInWindows(windows, hourMs, nowMs)).toBe(nowMs + hourMs);
  });

  test('is up when the window was open for long enough', () => {
    expect(dueInWindows(windows, hourMs, at('2026-11-25T01:10:00Z'))).toBeUndefined();
    expect(dueInWindows(windows, minuteMs, at('2026-11-25T01:01:00Z'))).toBeUndefined();
  });

  test('is given anew at most once per window, however short it is', () => {
    const opensMs = at('2026-11-25T01:00:00Z');
    for (let timeoutMs = minuteMs; timeoutMs < hourMs; timeoutMs += minuteMs) {
      const once = dueInWindows(windows, timeoutMs, opensMs) as number;
      expect(dueInWindows(windows, timeoutMs, once)).toBeUndefined();
    }
  });
});
