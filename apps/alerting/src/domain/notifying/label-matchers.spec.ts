import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LabelMatcher, type MatcherDefinition, readMatchers, showMatchers } from './label-matchers.js';
import type { Labels } from './labels.js';
import { type Problem, Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';

function read(matchers: unknown): { matchers: LabelMatcher[]; problems: readonly Problem[] } {
  const problems = new Problems();
  const reader = JsonReader.of({ matchers }, '', problems, ['matchers']);
  return { matchers: readMatchers(reader, 'matchers'), problems: problems.found };
}
function one(name: string, operator: string, value: string): LabelMatcher {
  const { matchers, problems } = read([{ name, operator, value }]);
  expect(problems).toEqual([]);
  return matchers[0]!;
}

describe('a matcher means what it means in Alertmanager', () => {
  test.each<[string, string, string, Labels, boolean]>([
    ['a', '=', 'x', { a: 'x' }, true],
    ['a', '=', 'x', { a: 'xy' }, false],
    ['a', '=', '', {}, true],
    ['a', '!=', 'x', {}, true],
    ['a', '!=', '', {}, false],
    ['a', '=~', 'x|yz', { a: 'yz' }, true],
    ['a', '=~', 'x|yz', { a: 'xyz' }, false],
    ['a', '=~', 'x', { a: 'axb' }, false],
    ['a', '=~', 'x.y', { a: 'x\ny' }, false],
    ['a', '=~', 'x$', { a: 'x\n' }, false],
    ['a', '=~', '.*', {}, true],
    ['a', '=~', '.+', {}, false],
    ['a', '!~', '.+', {}, true],
    ['a', '!~', 'x.*', { a: 'xyz' }, false],
    ['toString', '=', '', {}, true],
  ])('%s %s %j takes %j: %s', (name, operator, value, labels, expected) => {
    expect(one(name, operator, value).matches(labels)).toBe(expected);
  });

  test('an expression agrees with an anchored one of the language, wherever both know it', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '(a|bb)', 'a*', '(ab)+', 'b?');
    const source = fc.array(atom, { minLength: 1, maxLength: 6 }).map((atoms) => atoms.join(''));
    const value = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(source, value, (expression, text) => {
        expect(one('l', '=~', expression).matches({ l: text })).toBe(new RegExp(`^(?:${expression})$`).test(text));
      }),
    );
  });
});

describe('expressions cannot be made to take long', () => {
  test('one that backtracks for years elsewhere is answered at once', () => {
    expect(one('a', '=~', '(x+x+)+y').matches({ a: 'x'.repeat(256) })).toBe(false);
  });

  test.each([
    ['(a?){1000}', 'is an expression that repeats too much'],
    [
      String.raw`(?i)\pL\p{Lu}[\pN]\PZ[\P{Ll}]`,
      'is an expression of more than 4 classes or ranges of Unicode characters',
    ],
    [
      String.raw`(?i)[b-\x{1e940}b-\u{1e940}${'b-𞤀'.repeat(3)}]`,
      'is an expression of more than 4 classes or ranges of Unicode characters',
    ],
    ['((a{100}){100}){100}', 'is no expression of RE2: invalid repeat count: `{100}`'],
    ['(?=a)', 'is no expression of RE2: invalid or unsupported Perl syntax: `(?=`'],
    ['(a)\\1', 'is no expression of RE2: invalid escape sequence: `\\1`'],
    ['[', 'is no expression of RE2: missing closing ]: `[`'],
    ['a'.repeat(257), 'must be a text of 0 to 256 characters'],
  ])('%s is refused', (value, problem) => {
    expect(read([{ name: 'a', operator: '=~', value }]).problems).toEqual([{ pointer: '/matchers/0/value', problem }]);
  });
});

describe('a wrong matcher is named precisely', () => {
  test.each<[unknown, string, string]>([
    [{ operator: '=', value: 'x' }, '/matchers/0/name', 'is required'],
    [{ name: 'a b', operator: '=', value: 'x' }, '/matchers/0/name', 'is not the name of a label'],
    [{ name: 'a', operator: '==', value: 'x' }, '/matchers/0/operator', 'must be one of = != =~ !~'],
    [{ name: 'a', operator: '=' }, '/matchers/0/value', 'is required'],
    [
      { name: 'a', operator: '=', value: 'x', 'r/x': 1 },
      '/matchers/0/r~1x',
      'is not known; known are name, operator, value',
    ],
    ['a=x', '/matchers/0', 'must be an object'],
  ])('%j', (matcher, pointer, problem) => {
    expect(read([matcher]).problems[0]).toEqual({ pointer, problem });
  });

  test('more than sixteen are refused', () => {
    const matchers = Array.from({ length: 17 }, () => ({ name: 'a', operator: '=', value: '' }));
    expect(read(matchers).problems).toEqual([{ pointer: '/matchers', problem: 'may have 16 items at most' }]);
  });
});

test('matchers are shown as Prometheus writes them, sorted', () => {
  const written: MatcherDefinition[] = [
    { name: 'site', operator: '=~', value: 'a|b' },
    { name: 'a', operator: '!=', value: 'say "hi"' },
  ];
  expect(showMatchers(read(written).matchers)).toBe('{a!="say \\"hi\\"",site=~"a|b"}');
});
