import { expect, test } from '@jest/globals';
import { missingPlatforms, withMissingPlatforms } from './missing-platforms.mjs';

const packages = {
  'node_modules/fast': {
    version: '1.0.0',
    dev: true,
    optionalDependencies: { '@f/linux-x64': '1.0.0', '@f/darwin-arm64': '1.0.0' },
  },
  'node_modules/@f/linux-x64': { version: '1.0.0', optional: true },
  'node_modules/fast/node_modules/deep': { version: '2.0.0', optionalDependencies: { '@f/linux-x64': '1.0.0' } },
};

test('a platform that the registry did not serve gets its entry, in npm’s order', () => {
  expect(missingPlatforms(packages)).toEqual([{ name: '@f/darwin-arm64', version: '1.0.0', dev: true }]);
  const completed = withMissingPlatforms(packages);
  expect(Object.keys(completed)).toEqual([
    'node_modules/@f/darwin-arm64',
    'node_modules/@f/linux-x64',
    'node_modules/fast',
    'node_modules/fast/node_modules/deep',
  ]);
  expect(completed['node_modules/@f/darwin-arm64']).toEqual({
    ...{ version: '1.0.0', cpu: ['arm64'], dev: true, optional: true, os: ['darwin'] },
  });
  expect(missingPlatforms(completed)).toEqual([]);
});

test('an optional package that is none of a platform is not made up', () => {
  const odd = { 'node_modules/a': { version: '1.0.0', optionalDependencies: { nicer: '^1.0.0' } } };
  expect(() => withMissingPlatforms(odd)).toThrow('nicer@^1.0.0 is missing and tells no platform');
});
