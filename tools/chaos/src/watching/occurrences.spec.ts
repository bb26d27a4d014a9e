import { expect, test } from '@jest/globals';
import { differenceOf, occurrencesAbove, within } from './occurrences.js';

const everything = { fromMs: 0, toMs: Infinity };
const readings = (...values: number[]) => values.map((value, i) => ({ ts: 10 * i, value }));

test('an occurrence begins at the first reading above the limit and ends at the next one that is not', () => {
  expect(occurrencesAbove(readings(1, 6, 7, 5, 9, 1), 5, everything)).toEqual([
    { startMs: 10, endMs: 30 },
    { startMs: 40, endMs: 50 },
  ]);
});

test('the order in which readings are given does not matter', () => {
  expect(occurrencesAbove(readings(1, 6, 7, 5, 9, 1).reverse(), 5, everything)).toHaveLength(2);
});

test('what has not ended stays open', () => {
  expect(occurrencesAbove(readings(1, 6, 7), 5, everything)).toEqual([{ startMs: 10, endMs: undefined }]);
});

test('a stretch leaves out what begins outside of it, and opens what ends behind it', () => {
  const some = [
    { startMs: 10, endMs: 30 },
    { startMs: 40, endMs: 70 },
    { startMs: 60, endMs: 65 },
  ];
  expect(within(some, { fromMs: 20, toMs: 60 })).toEqual([{ startMs: 40, endMs: undefined }]);
});

test('what is missing, what is wrong and what is there twice are told apart', () => {
  const [a, b, c] = [
    { startMs: 10, endMs: 30 },
    { startMs: 40, endMs: 70 },
    { startMs: 80, endMs: undefined },
  ];
  expect(differenceOf([a, b], [a, b])).toEqual({ missed: [], wrong: [] });
  expect(differenceOf([a, b], [a, c])).toEqual({ missed: [b], wrong: [c] });
  expect(differenceOf([a], [a, a])).toEqual({ missed: [], wrong: [a] });
});
