import { expect, test } from '@jest/globals';
import { nodeVersionOf } from './base-image.js';
import { missingPackages } from './debian-packages.js';
import { npmrcOf } from './npm-access.js';

test('what is missing is named by its Debian package', () => {
  expect(missingPackages(() => true)).toEqual([]);
  expect(missingPackages((name) => name === 'podman' || name === 'runc')).toEqual([
    ...['iptables', 'debootstrap', 'containernetworking-plugins'],
  ]);
});

test('a build gets the settings of npm that say how the registry is reached, and none that name files of this machine', () => {
  const own = 'registry=https://old.example/\ncafile=/etc/ca\n//r.example/:_authToken=t\n; remark\nstrict-ssl=true\n';
  expect(npmrcOf('https://r.example/', own)).toBe(
    'registry=https://r.example/\n//r.example/:_authToken=t\nstrict-ssl=true\n',
  );
});

test('only an image whose tag says what is in it is stood in for', () => {
  expect(nodeVersionOf('docker.io/library/node:24.21.0-bookworm-slim')).toBe('24.21.0');
  expect(() => nodeVersionOf('docker.io/library/node:24-alpine')).toThrow('cannot be stood in for');
});
