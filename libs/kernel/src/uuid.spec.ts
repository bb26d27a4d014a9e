import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidOfName, uuidv7 } from './uuid.js';

// Far ahead of the wall clock: the generator never goes back, so these tests own their milliseconds.
const startMs = Date.UTC(2200, 0, 1);

function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

describe('uuidv7', () => {
  test('has the form, version and variant of RFC 9562', () => {
    for (let i = 0; i < 1_000; i += 1) {
      expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('begins with the milliseconds of its time', () => {
    expect(timeOf(uuidv7(startMs))).toBe(startMs);
  });

  test('never repeats: a million in one millisecond are different and in order', () => {
    let last = uuidv7(startMs + 1);
    for (let i = 0; i < 1_000_000; i += 1) {
      const next = uuidv7(startMs + 1);
      if (next <= last) throw new Error(`${next} came after ${last}`);
      last = next;
    }
    // The counter ran over into later milliseconds: 4,096 ids at most in each.
    expect(timeOf(last)).toBeLessThan(startMs + 1 + 1_000);
  });

  test('stays in order for any course of the clock, steps back included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2 }), (steps) => {
        let nowMs = startMs + 100_000;
        const ids = steps.map((step) => uuidv7((nowMs += step)));
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

describe('the id of a name', () => {
  test('has the form, version and variant of RFC 9562 and is the SHA-256 of the name otherwise', () => {
    // echo -n abc | sha256sum: ba7816bf 8f01cfea 414140de 5dae2223 ...
    expect(uuidOfName('abc')).toBe('ba7816bf-8f01-8fea-8141-40de5dae2223');
  });

  test('is the same for the same name, and another one for another', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => expect(uuidOfName(a) === uuidOfName(b)).toBe(a === b)));
  });
});
