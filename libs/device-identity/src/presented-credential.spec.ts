import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAuthorization } from './presented-credential.js';

const id = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
const basic = (userPass: string): string => `Basic ${Buffer.from(userPass).toString('base64')}`;

const tenants = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const devices = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/);
const secrets = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);

describe('the Authorization header of a device', () => {
  test('Basic names tenant and device, whatever the ids are', () => {
    fc.assert(
      fc.property(tenants, devices, secrets, (tenant, device, secret) => {
        const user = `${tenant}/${encodeURIComponent(device)}`;
        expect(parseAuthorization(basic(`${user}:${secret}`))).toEqual({
          kind: 'basic',
          key: `${tenant}/${device}`,
          secret,
        });
      }),
    );
  });

  test('Bearer names the credential, and schemes are case-insensitive', () => {
    fc.assert(
      fc.property(fc.constantFrom('Bearer', 'bearer', 'BEARER'), secrets, (scheme, secret) => {
        expect(parseAuthorization(`${scheme} ${id}.${secret}`)).toEqual({ kind: 'bearer', credentialId: id, secret });
      }),
    );
  });

  test.each([
    ['no scheme', 'abc'],
    ['another scheme', 'Digest username="x"'],
    ['not base64', 'Basic a b!'],
    ['no colon', basic('acme/one')],
    ['no tenant', basic('/one:secret')],
    ['no device', basic('acme/:secret')],
    ['an empty secret', basic('acme/one:')],
    ['an illegal tenant', basic('ac me/one:secret')],
    ['a broken percent-encoding', basic('acme/%zz:secret')],
    ['a slash inside the device', basic('acme/a%2Fb:secret')],
    ['a bearer token without a dot', `Bearer ${id}`],
    ['a bearer token without a secret', `Bearer ${id}.`],
    ['a header of two kilobytes', `Bearer ${id}.${'a'.repeat(2_048)}`],
  ])('%s is malformed', (_what, header) => {
    expect(parseAuthorization(header)).toEqual({ kind: 'malformed' });
  });

  test('no header is missing, and no text makes it throw', () => {
    expect(parseAuthorization(undefined)).toEqual({ kind: 'missing' });
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseAuthorization(`Basic ${text}`);
        parseAuthorization(`Bearer ${text}`);
        parseAuthorization(text);
      }),
    );
  });
});
