import { hash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAuthorization } from '@myelin/device-identity';
import { DeviceClaim, GatewayClaim, parseDdiAuthorization } from './credentials.js';

const id = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
const secret = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);

describe('the Authorization header of an update client', () => {
  test('with a target token is the credential of the device, as the device directory takes it', () => {
    fc.assert(
      fc.property(fc.constantFrom('TargetToken', 'targettoken', 'TARGETTOKEN', 'Bearer'), secret, (scheme, text) => {
        const claim = parseDdiAuthorization(`${scheme} ${id}.${text}`) as DeviceClaim;
        expect(claim).toBeInstanceOf(DeviceClaim);
        const presented = parseAuthorization(claim.authorization);
        expect(presented).toEqual({ kind: 'bearer', credentialId: id, secret: text });
      }),
    );
  });

  test('with a gateway token has the hash of it', () => {
    const claim = parseDdiAuthorization('gatewaytoken s3cret') as GatewayClaim;
    expect(claim).toBeInstanceOf(GatewayClaim);
    expect(claim.tokenSha256.equals(hash('sha256', 's3cret', 'buffer'))).toBe(true);
  });

  test('shows nothing secret when it is logged', () => {
    for (const scheme of ['TargetToken', 'GatewayToken']) {
      const claim = parseDdiAuthorization(`${scheme} ${id}.s3cret`);
      expect(claim.kind).not.toBe('malformed');
      const shown = `${JSON.stringify(claim)} ${inspect(claim, { depth: 9, showHidden: true })}`;
      expect(shown).not.toContain('s3cret');
      for (const text of ['s3cret', `${id}.s3cret`])
        expect(shown).not.toContain(hash('sha256', text, 'hex').slice(0, 8));
      expect(shown).not.toContain('<Buffer');
    }
  });

  test.each([
    ['no scheme', `${id}.secret`],
    ['another scheme', `Basic ${id}.secret`],
    ['no token', 'TargetToken '],
    ['a token without a dot', `TargetToken ${id}`],
    ['no secret', `TargetToken ${id}.`],
    ['no gateway token', 'GatewayToken '],
    ['a gateway token of 129 characters', `GatewayToken ${'a'.repeat(129)}`],
    ['a token that is not ours', 'TargetToken tok123'],
    ['a token of 129 characters', `TargetToken ${id}.${'a'.repeat(92)}`],
    ['a header of ten kilobytes', `TargetToken ${' '.repeat(10_000)}${id}.secret`],
  ])('is malformed: %s', (_what, header) => {
    expect(parseDdiAuthorization(header)).toEqual({ kind: 'malformed' });
  });

  test('is missing when it is not there, and no text makes it throw', () => {
    expect(parseDdiAuthorization(undefined)).toEqual({ kind: 'missing' });
    expect(parseDdiAuthorization('')).toEqual({ kind: 'missing' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseDdiAuthorization(text);
        parseDdiAuthorization(`TargetToken ${text}`);
      }),
    );
  });
});
