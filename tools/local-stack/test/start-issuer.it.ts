import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type DevelopmentIssuer, startIssuer } from '../src/index.js';

describe('the development issuer', () => {
  let issuer: DevelopmentIssuer;
  beforeAll(async () => {
    issuer = await startIssuer({ clients: [{ id: 'operator', tenant: 'acme', roles: ['viewer', 'operator'] }] });
  });
  afterAll(() => issuer.stop());

  test('serves discovery and keys with which its tokens verify: ES256, audience, tenant, roles, subject, lifetime', async () => {
    const token = await issuer.token({ tenant: 'acme', roles: ['operator'], subject: 'anna', ttlSeconds: 90 });
    const discovery = await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json();
    const keys = createRemoteJWKSet(new URL((discovery as { jwks_uri: string }).jwks_uri));
    const { payload } = await jwtVerify(token, keys, {
      issuer: issuer.issuer,
      audience: 'myelin',
      algorithms: ['ES256'],
    });
    expect(payload).toMatchObject({ sub: 'anna', myelin_tenant: 'acme', myelin_roles: ['operator'] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(90);
  });

  test('gives a registered client its tokens at the token endpoint without naming a resource', async () => {
    const response = await askForToken(issuer, 'operator', issuer.secrets.get('operator') ?? '');
    expect(response.status).toBe(200);
    const { access_token: token } = (await response.json()) as { access_token: string };
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ aud: 'myelin', myelin_tenant: 'acme', myelin_roles: ['viewer', 'operator'] });
  });

  test('refuses a wrong secret and an unknown client', async () => {
    expect((await askForToken(issuer, 'operator', 'guess')).status).toBe(401);
    expect((await askForToken(issuer, 'nobody', 'guess')).status).toBe(401);
  });

  test('makes other secrets and other keys at every start', async () => {
    const other = await startIssuer({ clients: [{ id: 'operator', tenant: 'acme', roles: [] }] });
    try {
      expect(other.secrets.get('operator')).not.toBe(issuer.secrets.get('operator'));
      const token = await other.token({ tenant: 'acme', roles: [] });
      const keys = createRemoteJWKSet(new URL(`${issuer.issuer}/jwks`));
      await expect(jwtVerify(token, keys)).rejects.toThrow('no applicable key');
    } finally {
      await other.stop();
    }
  });
});

function askForToken(issuer: DevelopmentIssuer, id: string, secret: string): Promise<Response> {
  return fetch(issuer.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
}
