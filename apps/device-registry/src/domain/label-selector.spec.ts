import { describe, expect, test } from '@jest/globals';
import { matchesLabels, parseLabelRequirement } from './label-selector.js';

describe('label requirements', () => {
  test.each([
    ['line=4', { kind: 'equals', key: 'line', value: '4' }],
    ['line!=4', { kind: 'differs', key: 'line', value: '4' }],
    ['line', { kind: 'exists', key: 'line' }],
    ['!line', { kind: 'absent', key: 'line' }],
    ['a/b.c-d_e=x=y', { kind: 'equals', key: 'a/b.c-d_e', value: 'x=y' }],
    ['line=', { kind: 'equals', key: 'line', value: '' }],
    ['line=!4', { kind: 'equals', key: 'line', value: '!4' }],
  ])('%s is understood', (text, expected) => {
    expect(parseLabelRequirement(text)).toEqual(expected);
  });

  test.each(['', '=4', '!', '!line=4', '!!line', ' line', 'li ne=4', `k=${'x'.repeat(129)}`, `${'k'.repeat(64)}`])(
    '%j is refused',
    (text) => {
      expect(parseLabelRequirement(text)).toBeUndefined();
    },
  );

  test('all requirements must hold, and "differs" takes what has no such label', () => {
    const labels = { line: '4', hall: '' };
    const holds = (...texts: string[]): boolean =>
      matchesLabels(
        labels,
        texts.map((text) => parseLabelRequirement(text) as never),
      );
    expect(holds('line=4', 'hall', '!roof', 'roof!=1')).toBe(true);
    expect(holds('line=4', 'line!=4')).toBe(false);
    expect(holds('!hall')).toBe(false);
    expect(holds('toString')).toBe(false);
  });
});
