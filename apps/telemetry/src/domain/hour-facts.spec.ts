import { expect, test } from '@jest/globals';
import { HourFacts } from './hour-facts.js';

function factsOf(delaysMs: readonly number[]): HourFacts {
  const facts = new HourFacts();
  for (const [nth, delayMs] of delaysMs.entries()) facts.row(nth, { delayMs, duplicates: 0, outOfRange: false });
  return facts;
}

test('95 % of the rows do not exceed the delay that is told', () => {
  expect(factsOf([7]).delays(0).p95Ms).toBe(7);
  expect(factsOf(Array.from({ length: 20 }, (_, nth) => 20 - nth)).delays(0).p95Ms).toBe(19);
  expect(factsOf(Array.from({ length: 21 }, (_, nth) => nth + 1)).delays(0).p95Ms).toBe(20);
});

test('late is what took longer than allowed, not as long', () => {
  expect(factsOf([5, -1, 10, 11, 10]).delays(10)).toMatchObject({ late: 1, minMs: -1, maxMs: 11, sumMs: 35 });
  expect(factsOf([5]).delays(10).late).toBe(0);
});

test('rows of one time are one moment, and copies and values out of range are added up', () => {
  const facts = new HourFacts();
  for (const ms of [-1, -1, 0, 3, 3]) facts.row(ms, { delayMs: 0, duplicates: 2, outOfRange: ms === 3 });
  expect(facts).toMatchObject({ count: 5, moments: 3, duplicates: 10, outOfRange: 2 });
});
