import { describe, expect, test } from '@jest/globals';
import { AddressGuard } from './address-guard.js';

const strict = new AddressGuard([]);

describe('addresses that notifications may not go to', () => {
  test.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254'],
    ...['169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.168.1.1'],
    ...['198.18.0.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '192.0.2.1', '203.0.113.9'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', 'fe80::1', 'fc00::1'],
    ...['fd00:ec2::254', 'ff02::1', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
    ...['2001:db8::1', '100::1', 'fec0::1', 'not an address', ''],
  ])('%s', (address) => {
    expect(strict.allows(address)).toBe(false);
  });

  test.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '2606:4700::1111'])(
    'are not public ones such as %s',
    (address) => {
      expect(strict.allows(address)).toBe(true);
    },
  );

  test('are those that the allow list does not name', () => {
    const guard = new AddressGuard(['10.1.0.0/16', 'fd12::/16']);
    const answers = ['10.1.2.3', '10.2.0.1', 'fd12::1', 'fd13::1', '127.0.0.1'].map((each) => guard.allows(each));
    expect(answers).toEqual([true, false, true, false, false]);
    expect(() => new AddressGuard(['10.1.0.0'])).toThrow('10.1.0.0 is no range of addresses such as 10.1.0.0/16');
  });
});

describe('names', () => {
  const resolving = (...addresses: string[]): AddressGuard =>
    new AddressGuard([], async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

  test('are refused when one of their addresses is', async () => {
    const asked = resolving('1.1.1.1', '10.0.0.1').addressesOf('hook.example.com');
    await expect(asked).rejects.toMatchObject({ code: 'delivery.address-refused', retryable: false });
    await expect(resolving('1.1.1.1', '2606:4700::1111').addressesOf('hook.example.com')).resolves.toHaveLength(2);
  });

  test('without an address, or that cannot be resolved, may be tried again', async () => {
    const failing = new AddressGuard([], () => Promise.reject(new Error('SERVFAIL')));
    for (const guard of [resolving(), failing])
      await expect(guard.addressesOf('x.example')).rejects.toMatchObject({
        code: 'delivery.name-unresolved',
        retryable: true,
      });
  });

  test('that are addresses, in whatever form a URL has them, are not resolved', async () => {
    const never = new AddressGuard([], () => Promise.reject(new Error('was asked')));
    for (const url of [
      'http://2130706433/',
      'http://0x7f.1/',
      'http://[::ffff:127.0.0.1]/',
      'http://0/',
      'http://[::1]/',
    ])
      await expect(never.addressesOf(new URL(url).hostname)).rejects.toMatchObject({
        code: 'delivery.address-refused',
      });
  });
});
