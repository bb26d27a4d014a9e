import { expect, test } from '@jest/globals';
import { partitionsNearRetention } from './retention-lag.js';

test.each([
  ['read further than the threshold', 7n, 5n, 0n, false],
  ['read exactly up to the threshold', 5n, 5n, 0n, false],
  ['one record before it unread', 4n, 5n, 0n, true],
  ['unread records are gone already', 2n, 5n, 5n, true],
  ['never committed, old records there', undefined, 5n, 0n, true],
  ['never committed, only young records there', undefined, 5n, 5n, false],
  ['nothing there', undefined, 0n, 0n, false],
])('a partition of which the group has %s', (_, committed, youngerFrom, oldest, near) => {
  const of = (value: bigint | undefined) => new Map(value === undefined ? [] : [[3, value] as const]);
  const positions = { committed: of(committed), youngerFrom: of(youngerFrom), oldest: of(oldest) };
  expect(partitionsNearRetention(positions)).toEqual(near ? [3] : []);
});
