import { describe, expect, test } from '@jest/globals';
import { limitsFrom } from './limits-from-metadata.js';

describe('limits that metadata set', () => {
  const find = limitsFrom({ device: { limits: { 'a/b': 1, '~': 2, list: [3], text: '4' } }, site: 5 });

  test.each<[string, number | undefined]>([
    ['/limits/a~1b', 1],
    ['/limits/~0', 2],
    ['/limits/list/0', 3],
    ['/limits/text', undefined],
    ['/limits', undefined],
    ['/limits/list/length', undefined],
    ['/limits/constructor/name', undefined],
    ['/limits/none/deeper', undefined],
  ])('are found at their place or not at all: %s', (path, limit) => {
    expect(find({ from: 'device', path })).toBe(limit);
  });

  test('are those of what they are taken from', () => {
    expect(find({ from: 'profile', path: '/limits/a~1b' })).toBeUndefined();
    expect(find({ from: 'site', path: '/limits' })).toBeUndefined();
  });
});
