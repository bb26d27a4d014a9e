import { expect, jest, test } from '@jest/globals';
import * as realCrypto from 'node:crypto';

let comparisons = 0;
jest.unstable_mockModule('node:crypto', () => ({
  ...realCrypto,
  timingSafeEqual: (left: NodeJS.ArrayBufferView, right: NodeJS.ArrayBufferView) => {
    comparisons += 1;
    return realCrypto.timingSafeEqual(left, right);
  },
}));
const { DirectoryState } = await import('./directory-state.js');

const secret = 'a-secret-of-at-least-128-bits';
const digest = realCrypto.hash('sha256', secret, 'base64url');
const period = { notBefore: '2026-01-01T00:00:00Z' };
const ids = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'] as const;
const directory = new DirectoryState();
directory.applyCredentials('acme/known', {
  tenant: 'acme',
  device: 'known',
  credentials: ids.map((id, nth) => ({ id, secretSha256: nth === 0 ? digest : digest.toLowerCase(), ...period })),
  version: 1,
} as unknown as Parameters<typeof directory.applyCredentials>[1]);

function comparisonsFor(authorization: string): number {
  comparisons = 0;
  directory.authenticate(authorization, Date.parse('2026-11-26T00:00:00Z'));
  return comparisons;
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

test('a secret is compared in constant time, as often for a right one as for a wrong one and for an unknown device', () => {
  const bearers = [`${ids[0]}.${secret}`, `${ids[0]}.wrong`, '0198c0de-0000-7000-8000-00000000ffff.wrong'];
  expect(bearers.map((each) => comparisonsFor(`Bearer ${each}`))).toEqual([1, 1, 1]);
  const basics = [basic('acme/known', secret), basic('acme/known', 'wrong'), basic('acme/unknown', 'wrong')];
  expect(basics.map(comparisonsFor)).toEqual([2, 2, 2]);
});
