import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commonTo, compareLabels, fingerprintOf, keyOf, showLabels } from './labels.js';

const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'job', 'instance'), fc.constantFrom('', 'x', 'y', 'z'));

describe('label sets', () => {
  test('an empty label is no label, in whatever order they stand', () => {
    expect(keyOf({ b: 'y', a: 'x', c: '' })).toBe(keyOf({ a: 'x', b: 'y' }));
    expect(showLabels({ b: 'y', a: 'x', c: '' })).toBe('{a="x",b="y"}');
    expect(keyOf({ a: 'x,b' })).not.toBe(keyOf({ a: 'x', b: '' }));
  });

  test('have the fingerprint that Prometheus computes', () => {
    // The offset basis of FNV-1a; alertmanager.it.ts compares the fingerprints of real alerts.
    expect(fingerprintOf({})).toBe('cbf29ce484222325');
  });

  test('share what all of them have with the same value', () => {
    expect(
      commonTo([
        { a: '1', b: '2', c: '3' },
        { a: '1', b: '3', c: '3' },
        { a: '1', c: '3', d: '4' },
      ]),
    ).toEqual({
      a: '1',
      c: '3',
    });
    expect(commonTo([])).toEqual({});
  });

  test('are sorted by job, instance, number of labels, then names and values', () => {
    const sorted = [
      { job: 'a', z: '1' },
      { job: 'b', instance: '1', a: '9', b: '9' },
      { job: 'b', instance: '2' },
      { job: 'b' },
      { instance: '1' },
      {},
      { b: '1' },
      { a: '1' },
      { a: '2' },
    ];
    expect(sorted.toReversed().sort(compareLabels)).toEqual(sorted);
  });

  test('are totally ordered, and equal only when their keys are', () => {
    fc.assert(
      fc.property(labels, labels, labels, (a, b, c) => {
        expect(Math.sign(compareLabels(a, b)) + Math.sign(compareLabels(b, a))).toBe(0);
        expect(compareLabels(a, b) === 0).toBe(keyOf(a) === keyOf(b));
        if (compareLabels(a, b) <= 0 && compareLabels(b, c) <= 0) expect(compareLabels(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
