import { describe, expect, test } from '@jest/globals';
import { OpenWindows } from './open-windows.js';

const hourMs = 3_600_000;
/** Wednesday 02:00 to 04:00, and over the end of the week. */
const weekly = [
  { fromMinute: 3 * 1_440 + 120, toMinute: 3 * 1_440 + 240 },
  { fromMinute: 6 * 1_440 + 1_380, toMinute: 60 },
];
const at = (text: string): number => Date.parse(text);

describe('windows', () => {
  const berlin = new OpenWindows({ weekly, timeZone: 'Europe/Berlin' });

  test.each([
    ['2026-11-25T00:59:59.999Z', false],
    ['2026-11-25T01:00:00Z', true],
    ['2026-11-25T02:59:59Z', true],
    ['2026-11-25T03:00:00Z', false],
    ['2026-11-28T22:30:00Z', true],
    ['2026-11-28T23:30:00Z', true],
    ['2026-11-29T00:00:00Z', false],
  ])('are open by the clocks of the place, at %s: %s', (instant, isOpen) => {
    expect(berlin.isOpenAt(at(instant))).toBe(isOpen);
    expect(berlin.isOpenAt(at(instant))).toBe(isOpen);
  });

  test('say when the next one opens', () => {
    expect(berlin.opensInMs(at('2026-11-24T23:00:30Z'))).toBe(2 * hourMs - 30_000);
    expect(berlin.opensInMs(at('2026-11-28T21:00:00Z'))).toBe(hourMs);
    expect(berlin.opensInMs(at('2026-11-29T01:00:00Z'))).toBe(3 * 24 * hourMs);
  });

  test('of a zone that is none are those of UTC', () => {
    expect(new OpenWindows({ weekly, timeZone: 'Mars/Olympus' }).isOpenAt(at('2026-11-25T02:30:00Z'))).toBe(true);
  });
});
