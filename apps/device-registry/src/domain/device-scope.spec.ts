import { describe, expect, test } from '@jest/globals';
import { faultInScope } from './device-scope.js';

const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `n-${n}`);
const labels = (count: number) => Object.fromEntries(many(count).map((key) => [key, ['v']]));

describe('a scope', () => {
  test.each([
    [{}],
    [{ devices: ['boiler-1', 'a:b'], profiles: ['boiler'], sites: ['plant-1'], labels: { hall: ['7', '8'] } }],
    [{ devices: many(1_000) }],
    [{ sites: many(1_000) }],
    [{ labels: labels(16) }],
    [{ labels: { 'a.b/c': many(64) } }],
  ])('may be %j', (scope) => {
    expect(faultInScope(scope)).toBeUndefined();
  });

  test.each<[unknown, string, string]>([
    [undefined, '', 'must be an object'],
    [null, '', 'must be an object'],
    [['plant-1'], '', 'must be an object'],
    [{ site: ['plant-1'] }, '', 'has a member beside devices, profiles, sites, labels'],
    [{ sites: 'plant-1' }, 'sites', 'must be an array of 1 to 1000 items'],
    [{ sites: null }, 'sites', 'must be an array of 1 to 1000 items'],
    [{ devices: [] }, 'devices', 'must be an array of 1 to 1000 items'],
    [{ devices: many(1_001) }, 'devices', 'must be an array of 1 to 1000 items'],
    [{ profiles: many(101) }, 'profiles', 'must be an array of 1 to 100 items'],
    [{ devices: ['a', 'b c'] }, 'devices/1', 'must match ^[A-Za-z0-9._:-]{1,128}$'],
    [{ profiles: ['a:b'] }, 'profiles/0', 'must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'],
    [{ sites: ['a', 'b', 3] }, 'sites/2', 'must match ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'],
    [{ labels: {} }, 'labels', 'must have 1 to 16 labels'],
    [{ labels: labels(17) }, 'labels', 'must have 1 to 16 labels'],
    [{ labels: ['hall'] }, 'labels', 'must be an object of arrays of texts'],
    [
      { labels: { 'a b': ['7'] } },
      'labels',
      'has a label whose name does not match ^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$',
    ],
    [
      { labels: { constructor: ['7'] } },
      'labels',
      'has a label whose name does not match ^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$',
    ],
    [{ labels: { hall: '7' } }, 'labels/hall', 'must be an array of 1 to 64 items'],
    [{ labels: { hall: [] } }, 'labels/hall', 'must be an array of 1 to 64 items'],
    [{ labels: { hall: many(65) } }, 'labels/hall', 'must be an array of 1 to 64 items'],
    [{ labels: { hall: ['7', ''] } }, 'labels/hall/1', 'must be a text of 1 to 128 characters'],
    [{ labels: { hall: ['x'.repeat(129)] } }, 'labels/hall/0', 'must be a text of 1 to 128 characters'],
    [{ labels: { hall: ['\0'] } }, 'labels/hall/0', 'must be a text of 1 to 128 characters'],
    [{ labels: { hall: ['\ud800'] } }, 'labels/hall/0', 'must be a text of 1 to 128 characters'],
  ])('%#: %j is refused at its place', (scope, place, detail) => {
    expect(faultInScope(scope)).toEqual({ path: place === '' ? [] : place.split('/'), detail });
  });

  test('has at most 65,536 bytes as JSON', () => {
    // 14 bytes around the list, 131 for each of the long ids and what follows it, 2 around the last one.
    const devices = Array.from({ length: 500 }, () => 'x'.repeat(128));
    expect(faultInScope({ devices: [...devices, 'x'.repeat(20)] })).toBeUndefined();
    const detail = 'must have at most 65536 bytes as JSON';
    expect(faultInScope({ devices: [...devices, 'x'.repeat(21)] })).toEqual({ path: [], detail });
  });
});
