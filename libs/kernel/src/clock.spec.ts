import { expect, test } from '@jest/globals';
import { systemClock } from './clock.js';

test('the system clock gives milliseconds since the epoch', () => {
  const beforeMs = Date.now();
  const nowMs = systemClock.nowMs();
  expect(nowMs).toBeGreaterThanOrEqual(beforeMs);
  expect(nowMs).toBeLessThanOrEqual(Date.now());
});
