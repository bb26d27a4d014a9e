import { expect, test } from '@jest/globals';
import { ManualClock } from './manual-clock.js';

test('a manual clock stands still until it is moved, in either direction', () => {
  const clock = new ManualClock(1_000);
  expect([clock.nowMs(), clock.nowMs()]).toEqual([1_000, 1_000]);
  clock.advance(500);
  clock.advance(-200);
  expect(clock.nowMs()).toBe(1_300);
  clock.set(5);
  expect(clock.nowMs()).toBe(5);
});
