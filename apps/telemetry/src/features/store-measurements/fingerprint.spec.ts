import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, shapeOf } from './fingerprint.js';
import type { MetricValue } from '../../domain/measurement.js';

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string(),
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 4 }),
);
const values = fc.dictionary(fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/), value, { minKeys: 1, maxKeys: 6 });

describe('the content of a measurement', () => {
  test('does not depend on the order of members, of positions too', () => {
    fc.assert(
      fc.property(values, fc.integer(), (sent: Record<string, MetricValue>, seed) => {
        const entries = Object.entries(sent);
        const turned = Object.fromEntries([
          ...entries.slice(seed % entries.length),
          ...entries.slice(0, seed % entries.length),
        ]);
        expect(contentOf('b', 1, turned)).toEqual(contentOf('b', 1, sent));
      }),
    );
    const place = contentOf(undefined, undefined, { place: { lon: 2, lat: 1 } });
    expect(place).toEqual(contentOf(undefined, undefined, { place: { lat: 1, lon: 2 } }));
  });

  test('keeps every value: the stored text reads back as the same doubles', () => {
    fc.assert(
      fc.property(values, (sent: Record<string, MetricValue>) => {
        const { valuesJson } = contentOf(undefined, undefined, sent);
        expect(JSON.parse(valuesJson)).toEqual(JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  test.each<[string, [string | undefined, number | undefined, Record<string, MetricValue>]]>([
    ['another boot', ['c', 1, { a: 1 }]],
    ['another seq', ['b', 2, { a: 1 }]],
    ['no seq', ['b', undefined, { a: 1 }]],
    ['no boot', [undefined, undefined, { a: 1 }]],
    ['another value', ['b', 1, { a: 1.0000000000000002 }]],
    ['another kind', ['b', 1, { a: '1' }]],
    ['true for 1', ['b', 1, { a: true }]],
    ['another metric', ['b', 1, { b: 1 }]],
    ['one metric more', ['b', 1, { a: 1, b: 1 }]],
    ['a list of one', ['b', 1, { a: [1] }]],
  ])('%s is another content', (_, [boot, seq, sent]) => {
    expect(contentOf(boot, seq, sent).fingerprint).not.toBe(contentOf('b', 1, { a: 1 }).fingerprint);
  });

  test('numbers that are equal are the same content, however they were written', () => {
    const written = JSON.parse('{"a":1.50e0,"b":-0,"c":100}') as Record<string, number>;
    expect(contentOf('b', 1, written)).toEqual(contentOf('b', 1, { a: 1.5, b: 0, c: 1e2 }));
  });

  test('a metric may be called like a member that every object has', () => {
    const odd = JSON.parse('{"__proto__":1,"constructor":2}') as Record<string, number>;
    expect(contentOf(undefined, undefined, odd).valuesJson).toBe('{"__proto__":1,"constructor":2}');
  });

  test('the shape is that of the names alone', () => {
    expect(shapeOf(['a', 'b'])).toBe(shapeOf(['a', 'b']));
    expect(shapeOf(['a', 'b'])).not.toBe(shapeOf(['ab']));
    expect(shapeOf(['a'])).toMatch(/^[0-9a-f]{32}$/);
  });
});
