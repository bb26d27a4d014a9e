import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { rangeAsked } from './byte-range.js';

describe('a Range header', () => {
  test.each([
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=2-5', { start: 2, end: 5 }],
    ['bytes=9-', { start: 9, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-30', { start: 0, end: 9 }],
    ['bytes=5-99999999999999999999999', { start: 5, end: 9 }],
    ['BYTES = 1 - 2', { start: 1, end: 2 }],
    ['items=0-1', 'whole'],
    [undefined, 'whole'],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=-', 'unsatisfiable'],
    ['bytes=3-2', 'unsatisfiable'],
    ['bytes=a-b', 'unsatisfiable'],
    ['bytes=', 'unsatisfiable'],
    ['bytes=0-1,2-3', 'unsatisfiable'],
    ['bytes=1.5-2', 'unsatisfiable'],
    ['bytes=0x1-2', 'unsatisfiable'],
  ])('%j of 10 bytes is %j', (header, expected) => {
    expect(rangeAsked(header, 10)).toEqual(expected);
  });

  test('is within the file or unsatisfiable, whatever it says', () => {
    const header = fc.oneof(
      fc.string().map((text) => `bytes=${text}`),
      fc.tuple(fc.nat(50), fc.nat(50)).map(([a, b]) => `bytes=${a}-${b}`),
    );
    fc.assert(
      fc.property(header, fc.integer({ min: 1, max: 40 }), (text, size) => {
        const asked = rangeAsked(text, size);
        if (asked === 'unsatisfiable' || asked === 'whole') return asked === 'unsatisfiable';
        return asked.start >= 0 && asked.start <= asked.end && asked.end < size;
      }),
    );
  });

  test('with thousands of ranges costs next to nothing', () => {
    const header = `bytes=${Array(4_000).fill('0-').join(',')}`;
    const startedAt = performance.now();
    for (let nth = 0; nth < 10_000; nth++) expect(rangeAsked(header, 5_000_000_000) === 'unsatisfiable').toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
