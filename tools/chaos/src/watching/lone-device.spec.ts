import { expect, test } from '@jest/globals';
import { isEarly } from './lone-device.js';

test('an alarm is early that was noticed before its deadline has passed since the message was sent', () => {
  expect(isEarly(20_699, 1_000, 20_000)).toBe(true);
  expect(isEarly(20_998, 1_000, 20_000)).toBe(true);
});

test('an alarm is not early by what reading a clock twice may err, nor when it is late', () => {
  expect([20_999, 21_000, 22_500].map((noticedMs) => isEarly(noticedMs, 1_000, 20_000))).toEqual([false, false, false]);
});
