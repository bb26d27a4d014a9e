import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonShape } from './json-shape.js';

function shapeOf(value: unknown): { depth: number; members: number } {
  if (value === null || typeof value !== 'object') return { depth: 0, members: 0 };
  const inner = Object.values(value).map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    members:
      (Array.isArray(value) ? 0 : Object.keys(value).length) + inner.reduce((sum, { members }) => sum + members, 0),
  };
}

describe('the shape of a JSON text', () => {
  test('is that of the value, whatever the strings contain', () => {
    const strings = fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[\\"{}[\]:,]{0,8}$/));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        strings,
        fc.double(),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(strings, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(jsonShape(Buffer.from(text))).toEqual(shapeOf(JSON.parse(text)));
      }),
    );
  });

  test('counts a repeated name every time', () => {
    expect(jsonShape(Buffer.from('{"a":1,"a":2}')).members).toBe(2);
  });

  test('any bytes at all have a shape', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void jsonShape(bytes)));
    expect(jsonShape(Buffer.from('['.repeat(100_000))).depth).toBe(100_000);
  });
});
