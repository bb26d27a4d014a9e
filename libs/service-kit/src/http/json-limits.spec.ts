import { describe, expect, test } from '@jest/globals';
import { faultInJson, jsonLimits } from './json-limits.js';

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const wide = (members: number): object => Object.fromEntries(Array.from({ length: members }, (_, nth) => [nth, nth]));

describe('a body', () => {
  test.each([
    ['a text', 'a'],
    ['null', null],
    ['as deep as may be', nested(jsonLimits.depth)],
    ['with as many members as may be', wide(jsonLimits.members)],
    ['with a list of any length', new Array(10_000).fill({ a: 1 })],
  ])('is taken: %s', (_what, body) => {
    expect(faultInJson(body)).toBeUndefined();
  });

  test.each([
    ['too deep', nested(jsonLimits.depth + 1), 'body-too-deep'],
    ['far too deep', nested(500_000), 'body-too-deep'],
    ['too wide', wide(jsonLimits.members + 1), 'too-many-members'],
    ['too wide somewhere within', [{ a: [wide(jsonLimits.members + 1)] }], 'too-many-members'],
  ])('is refused: %s', (_what, body, type) => {
    expect(faultInJson(body)).toMatchObject({ status: 400, type });
  });
});
