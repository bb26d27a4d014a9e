import { expect, test } from '@jest/globals';
import { compareVersions } from './compare-versions.js';

test('versions are ordered as people read them', () => {
  const ordered = [
    '0.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-rc.2',
    '1.0.0-rc.11',
    '1.0.0',
    '1.0.1',
  ];
  ordered.push('1.2', '1.10.0', '2.0.0', '10.0', '99999999999999999999.0', '99999999999999999999.1');
  for (const [i, one] of ordered.entries())
    for (const [j, other] of ordered.entries()) expect(Math.sign(compareVersions(one, other))).toBe(Math.sign(i - j));
});

test.each([
  ['1.2', '1.2.0'],
  ['v1.2.0', '1.2.0'],
  ['1.2.0+build.7', '1.2.0'],
  ['01.2', '1.2'],
])('%s is as old as %s', (one, other) => {
  expect(Math.abs(compareVersions(one, other))).toBe(0);
});
