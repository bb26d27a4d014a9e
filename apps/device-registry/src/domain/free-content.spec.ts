import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, faultInLabelPatch, faultInLabels, faultInMetadata, mergePatch } from './free-content.js';
import { faultInMetrics } from './profile.js';
import { isTimeZoneName } from '@myelin/kernel';

describe('free content', () => {
  test('labels are texts under plain names', () => {
    expect(faultInLabels({ a: 'b', 'x.y/z': '' })).toBeUndefined();
    for (const bad of [
      null,
      [],
      'a',
      { a: 1 },
      { 'a b': 'c' },
      { a: 'x'.repeat(129) },
      { a: 'x\0' },
      { a: '\ud800' },
    ]) {
      expect(faultInLabels(bad)).toBeDefined();
    }
    expect(faultInLabels(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, 'v'])))).toBeDefined();
  });

  test('a patch of labels may hold nulls', () => {
    expect(faultInLabelPatch({ a: null, b: 'c' })).toBeUndefined();
    expect(faultInLabelPatch({ a: 1 })).toBeDefined();
  });

  test('metadata has at most 8 KiB as JSON, and nothing that would be stored as something else', () => {
    expect(faultInMetadata({ maker: 'Bosch', deep: { list: [1, null, true] } })).toBeUndefined();
    expect(faultInMetadata({ text: 'x'.repeat(8_192 - '{"text":""}'.length) })).toBeUndefined();
    expect(faultInMetadata({ text: 'x'.repeat(8_193 - '{"text":""}'.length) })).toContain('bytes');
    expect(faultInMetadata({ text: 'é'.repeat(4_095) })).toContain('bytes');
    expect(faultInMetadata(JSON.parse('{"n":1e999}'))).toContain('number');
    expect(faultInMetadata({ a: ['\0'] })).toContain('text');
    expect(faultInMetadata(JSON.parse('{"a":{"__proto__":1}}'))).toContain('name');
    expect(faultInMetadata({ constructor: 'Bosch' })).toContain('name');
    expect(faultInLabels({ constructor: 'Bosch' })).toContain('name');
    expect(faultInMetadata(JSON.parse(`{"a":${'['.repeat(20)}${']'.repeat(20)}}`))).toContain('deep');
  });

  test('merge patches follow the examples of RFC 7396, appendix A', () => {
    const cases: [unknown, unknown, unknown][] = [
      [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
      [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
      [{ a: 'b' }, { a: null }, {}],
      [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
      [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
      [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
      [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
      [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
      [
        ['a', 'b'],
        ['c', 'd'],
        ['c', 'd'],
      ],
      [{ a: 'b' }, ['c'], ['c']],
      [{ e: null }, { a: 1 }, { e: null, a: 1 }],
      [[1, 2], { a: 'b', c: null }, { a: 'b' }],
      [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ];
    for (const [target, patch, result] of cases) expect(mergePatch(target, patch)).toEqual(result);
  });

  test('the canonical text depends on content only, not on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('metrics of a profile', () => {
  test.each([
    [
      { temperature: { kind: 'number', unit: 'Cel', minimum: -40, maximum: 85 }, door: { kind: 'boolean' } },
      undefined,
      undefined,
    ],
    [{ 'a b': { kind: 'number' } }, '', 'name'],
    [{ a: 5 }, 'a', 'object'],
    [{ ok: { kind: 'text' }, a: { kind: 'colour' } }, 'a kind', 'number'],
    [{ a: { kind: 'number', unit: 5 } }, 'a unit', 'text'],
    [{ a: { kind: 'number', minimum: 2, maximum: 1 } }, 'a minimum', 'above'],
    [{ a: { kind: 'boolean', maximum: 0 } }, 'a maximum', 'not boolean'],
    [{ a: { kind: 'number', min: 0 } }, 'a', 'beside'],
    [{ a: { kind: 'number', minimum: Number.POSITIVE_INFINITY } }, 'a minimum', 'number'],
    [{ a: { kind: 'number', deadband: 0 } }, 'a deadband', 'above 0'],
    [{ a: { kind: 'text', deadband: 1 } }, 'a deadband', 'not text'],
    [{ a: { kind: 'text', minimumIntervalMs: 0.5 } }, 'a minimumIntervalMs', 'whole'],
    [[], '', 'object'],
  ])('%j', (metrics, path, detail) => {
    const fault = faultInMetrics(metrics);
    if (path === undefined) expect(fault).toBeUndefined();
    else
      expect(fault).toEqual({ path: path.split(' ').filter(Boolean), detail: expect.stringContaining(detail ?? '') });
  });
});

describe('time zones', () => {
  test('names of the IANA database, not offsets', () => {
    for (const name of ['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3']) {
      expect(isTimeZoneName(name)).toBe(true);
    }
    for (const name of ['', '+01:00', 'Europe/Atlantis', 'Berlin', 'x'.repeat(65), 'Europe/Berlin ']) {
      expect(isTimeZoneName(name)).toBe(false);
    }
  });
});
