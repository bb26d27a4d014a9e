import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JWTPayload, createRemoteJWKSet, jwtVerify } from 'jose';
import { type TokenIssuer, startTokenIssuer } from '../src/index.js';

describe('the token issuer for suites', () => {
  let issuer: TokenIssuer;
  beforeAll(async () => {
    issuer = await startTokenIssuer();
  });
  afterAll(() => issuer.close());

  const verify = async (token: string): Promise<JWTPayload> => {
    const discovery = (await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()) as {
      jwks_uri: string;
    };
    const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
    return (await jwtVerify(token, keys, { issuer: issuer.issuer, audience: 'myelin', algorithms: ['ES256'] })).payload;
  };

  test('signs tokens that verify over HTTP and carry tenant, roles and subject', async () => {
    const payload = await verify(await issuer.token({ tenant: 'acme', roles: ['viewer'], subject: 'anna' }));
    expect(payload).toMatchObject({ myelin_tenant: 'acme', myelin_roles: ['viewer'], sub: 'anna' });
  });

  test.each([
    ['expired', { expiresInSeconds: -120 }, '"exp" claim timestamp check failed'],
    ['for another audience', { audience: 'other' }, 'unexpected "aud" claim value'],
    ['of another issuer', { issuer: 'https://elsewhere.example' }, 'unexpected "iss" claim value'],
    ['signed by a foreign key', { foreignKey: true }, 'signature verification failed'],
  ])('also signs one that is %s, and that does not verify', async (_what, wrong, reason) => {
    const token = await issuer.token({ tenant: 'acme', roles: ['viewer'], ...wrong });
    await expect(verify(token)).rejects.toThrow(reason);
  });
});
