import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, oneof, property, string, stringMatching } from 'fast-check';
import { canonicalVersion, compareVersions } from './version.js';

const ascending = [
  '0.9',
  '1.0.0-1',
  '1.0.0-9',
  '1.0.0-10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  'v1.0.0',
  '1.0.0.1',
  '1.0.2',
  '1.0.10',
  '1.2.3.4',
  '1.2.3b',
  '2.0.0-rc',
  '2',
  '2024.11',
  '90071992547409930.0.0',
  '90071992547409931.0.0',
  'lemon',
  'melon',
];

/** Versions that meet each other's parts often, and any text. */
const version = oneof(
  stringMatching(/^v?[0-2](\.[0-2]){0,3}(-[a0-1](\.[a0-1]){0,2})?(\+x)?$/),
  constantFrom(...ascending, '', '-', '.', '1.', '01.0', '1..0', 'v', '1-', '+', '0', '0.0'),
  string({ maxLength: 12 }),
);

describe('versions', () => {
  test('are ordered by semantic precedence, numbers as numbers of any length, and other texts part by part', () => {
    for (const [left, older] of ascending.entries())
      for (const [right, newer] of ascending.entries())
        expect([older, newer, compareVersions(older, newer)]).toEqual([older, newer, Math.sign(left - right)]);
  });

  test.each([
    ['1.2.3', 'v1.2.3'],
    ['1.2', '1.2.0'],
    ['1.0.0+build.7', '1.0.0+build.8'],
    ['01.002', '1.2'],
    ['1.0.0-rc.1', 'V1.0.0-rc.1+x'],
  ])('%s and %s are neither newer than the other', (left, right) => {
    expect(compareVersions(left, right)).toBe(0);
    expect(canonicalVersion(left)).toBe(canonicalVersion(right));
  });

  test('have a total order: antisymmetric and transitive, whatever their form', () => {
    assert(
      property(version, version, version, (a, b, c) => {
        const sorted = [a, b, c].sort(compareVersions);
        const [first = '', second = '', third = ''] = sorted;
        return (
          compareVersions(a, a) === 0 &&
          compareVersions(a, b) + compareVersions(b, a) === 0 &&
          compareVersions(first, second) <= 0 &&
          compareVersions(second, third) <= 0 &&
          compareVersions(first, third) === Math.min(compareVersions(first, second), compareVersions(second, third))
        );
      }),
      { numRuns: 20_000 },
    );
  });

  test('have one canonical form exactly when neither is newer', () => {
    assert(
      property(
        version,
        version,
        (a, b) => (canonicalVersion(a) === canonicalVersion(b)) === (compareVersions(a, b) === 0),
      ),
      { numRuns: 20_000 },
    );
  });
});
