import { expect, test } from '@jest/globals';
import { CatchUp } from './catch-up.js';

test('catching up is over when less is missing than a second brings, and its rate is what was stored meanwhile', () => {
  let nowMs = 0;
  const catchUp = new CatchUp(100, () => nowMs);
  catchUp.observe(10_000, 1_000);
  nowMs = 5_000;
  catchUp.observe(10_500, 6_000);
  expect(catchUp.isOver).toBe(false);
  nowMs = 10_000;
  catchUp.observe(11_000, 10_950);
  expect(catchUp.isOver).toBe(true);
  expect(catchUp.describe()).toBe('caught up in 10.0 s at 995/s (9.9 times the live rate)');
});

test('says when it has not caught up', () => {
  let nowMs = 0;
  const catchUp = new CatchUp(100, () => nowMs);
  nowMs = 120_000;
  catchUp.observe(10_000, 1_000);
  expect(catchUp.describe()).toBe('not caught up within 120.0 s');
});
