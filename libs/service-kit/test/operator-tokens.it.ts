import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunningService } from '../src/index.js';
import { startSample } from './fixture.js';
import { TestIssuer, type TokenOptions, audience } from './token-issuer.js';

let issuer: TestIssuer;
let service: RunningService;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  service = await startSample({ operatorAuth: { issuer: issuer.url, audience, clockToleranceMs: 60_000 } });
});
afterAll(async () => {
  await service.close();
  await issuer.stop();
});

async function ask(authorization?: string, path = '/v1/things', method = 'GET', at = service) {
  const response = await fetch(at.url + path, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });
  const challenge = response.headers.get('www-authenticate');
  return { status: response.status, challenge, body: (await response.json()) as Record<string, unknown> };
}

const askWith = async (options: TokenOptions, path?: string, method?: string) =>
  ask(`Bearer ${await issuer.token(options)}`, path, method);

describe('a token that is accepted', () => {
  test('gives the operator with subject, tenant and the roles that we know', async () => {
    const { status, body } = await askWith({ tenant: 'acme', roles: ['viewer', 'barista'], subject: 'ada' });
    expect(status).toBe(200);
    expect(body['operator']).toEqual({ subject: 'ada', tenant: 'acme', roles: ['viewer'] });
  });

  test('may be expired by less than the clock tolerance', async () => {
    expect((await askWith({ expiresIn: -5 })).status).toBe(200);
  });

  test('does not need the issuer again while its keys are cached', async () => {
    await askWith({});
    const before = issuer.keyRequests;
    for (let n = 0; n < 5; n++) expect((await askWith({})).status).toBe(200);
    expect(issuer.keyRequests).toBe(before);
  });
});

describe('a request without a token', () => {
  test.each([undefined, 'Basic YWNtZTpwdW1w', 'Bearer', 'Bearer a b'])(
    '(%s) is challenged, without an error code',
    async (authorization) => {
      const { status, challenge, body } = await ask(authorization);
      expect(status).toBe(401);
      expect(challenge).toBe('Bearer realm="myelin"');
      expect(body['type']).toBe('urn:myelin:problem:unauthenticated');
    },
  );
});

describe('a token with a fault is refused as invalid_token', () => {
  const faults: [string, () => Promise<string> | string, string][] = [
    ['another audience', () => issuer.token({ audience: 'another' }), "the token's aud is not accepted"],
    ['another issuer', () => issuer.token({ issuer: 'http://evil.example' }), "the token's iss is not accepted"],
    ['expired', () => issuer.token({ expiresIn: -600 }), 'the token is expired'],
    ['no expiry', () => issuer.token({ expiresIn: undefined }), 'the token has no exp'],
    ['not yet valid', () => issuer.token({ notBefore: 600 }), "the token's nbf is not accepted"],
    ['no subject', () => issuer.token({ subject: undefined }), 'the token has no sub'],
    ['no tenant', () => issuer.token({ tenant: null }), 'the token names no tenant'],
    ['a tenant that is none', () => issuer.token({ tenant: 'a/b' }), 'the token names no tenant'],
    ['alg none', () => issuer.unsigned(), 'the signature algorithm is not accepted'],
    ['HS256 with the public key', () => issuer.hmacWithPublicKey(), 'the signature algorithm is not accepted'],
    ['an unknown key', () => issuer.token({ kid: 'k0' }), 'the key that signed the token is not known'],
    ['a changed payload', async () => changed(await issuer.token({})), 'the signature is wrong'],
    ['no token at all', () => 'abc', 'the token is malformed'],
  ];

  test.each(faults)('%s', async (_, make, reason) => {
    const { status, challenge, body } = await ask(`Bearer ${await make()}`);
    expect(status).toBe(401);
    expect(challenge).toBe(`Bearer realm="myelin", error="invalid_token", error_description="${reason}"`);
    expect(body).toMatchObject({ type: 'urn:myelin:problem:token-invalid', detail: reason });
  });

  /** Somebody else's roles under a signature that was made for less. */
  function changed(token: string): string {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, myelin_roles: ['admin'] })).toString('base64url');
    return `${header}.${forged}.${signature}`;
  }
});

describe('roles', () => {
  const routes = {
    viewer: ['GET', '/v1/things'],
    operator: ['POST', '/v1/things'],
    'release-manager': ['POST', '/v1/things/a/release'],
    admin: ['POST', '/v1/things/a/rename'],
    'platform-admin': ['GET', '/v1/tenants'],
  } as const;
  const ranks = ['viewer', 'operator', 'release-manager', 'admin'] as const;
  const cases = [...ranks, 'platform-admin' as const].flatMap((held) =>
    [...ranks, 'platform-admin' as const].map((least) => {
      const ranked = held !== 'platform-admin' && least !== 'platform-admin';
      const passes = ranked ? ranks.indexOf(held) >= ranks.indexOf(least) : held === least;
      return [held, least, passes] as const;
    }),
  );

  test.each(cases)('%s on a route for %s: %s', async (held, least, passes) => {
    const [method, path] = routes[least];
    const { status } = await askWith({ roles: [held] }, path, method);
    expect(status === 403).toBe(!passes);
    if (passes) expect([200, 201, 400, 428]).toContain(status);
  });

  test.each([[undefined], [[]], ['admin'], [['barista']], [[{ admin: true }]]])(
    'roles %j are none: insufficient_scope',
    async (roles) => {
      const { status, challenge, body } = await askWith({ roles: roles ?? null });
      expect(status).toBe(403);
      expect(challenge).toBe('Bearer realm="myelin", error="insufficient_scope"');
      expect(body).toMatchObject({ type: 'urn:myelin:problem:role-insufficient', roles: ['viewer'] });
    },
  );

  test('a public route needs no token and does not look at one', async () => {
    expect((await ask('Bearer nonsense', '/v1/faults/nest')).status).toBe(404);
  });
});

describe('the issuer', () => {
  let own: TestIssuer;
  let sample: RunningService;
  beforeEach(async () => {
    own = await TestIssuer.start();
    sample = await startSample({ operatorAuth: { issuer: own.url, audience } });
  });
  afterEach(async () => {
    await sample.close();
    await own.stop().catch(() => undefined);
  });

  const askOwn = async (token: string) => ask(`Bearer ${token}`, '/v1/things', 'GET', sample);

  test('away before its keys are known: 503 with Retry-After, and recovery without a restart', async () => {
    const token = await own.token({});
    own.claims = 'http://another.example'; // discovery that speaks for somebody else is as good as none
    const refused = await askOwn(token);
    expect(refused).toMatchObject({ status: 503, body: { type: 'urn:myelin:problem:issuer-unavailable' } });
    own.claims = undefined;
    await expect(eventually(async () => (await askOwn(token)).status === 200)).resolves.toBe(true);
  });

  test('away after its keys are known: tokens go on being checked', async () => {
    const [first, second] = [await own.token({}), await own.token({})];
    expect((await askOwn(first)).status).toBe(200);
    await own.stop();
    expect((await askOwn(second)).status).toBe(200);
  });

  test('unknown key ids do not make us ask it each time', async () => {
    await askOwn(await own.token({}));
    const before = own.keyRequests;
    const forged = await own.token({ kid: 'guess' });
    for (let n = 0; n < 20; n++) expect((await askOwn(forged)).status).toBe(401);
    expect(own.keyRequests - before).toBeLessThanOrEqual(1);
  });
});

describe('jwksUrl', () => {
  let hung: Server;
  beforeAll(async () => {
    hung = createServer((_request, response) => void response.writeHead(500).end());
    await new Promise<void>((done) => hung.listen(0, '127.0.0.1', done));
  });
  afterAll(() => void hung.close());

  test('is used in place of discovery', async () => {
    const sample = await startSample({
      operatorAuth: { issuer: 'https://issuer.example', audience, jwksUrl: `${issuer.url}/keys` },
    });
    const token = await issuer.token({ issuer: 'https://issuer.example' });
    const { status } = await ask(`Bearer ${token}`, '/v1/things', 'GET', sample);
    await sample.close();
    expect(status).toBe(200);
  });

  test('that fails is 503, not 401 and not 500', async () => {
    const jwksUrl = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/keys`;
    const sample = await startSample({ operatorAuth: { issuer: issuer.url, audience, jwksUrl } });
    const { status } = await ask(`Bearer ${await issuer.token({})}`, '/v1/things', 'GET', sample);
    await sample.close();
    expect(status).toBe(503);
  });
});

/** Asks again, each time after the last answer, until it is true; gives up after five seconds. */
async function eventually(condition: () => Promise<boolean>): Promise<boolean> {
  const endsAt = performance.now() + 5_000;
  while (performance.now() < endsAt) if (await condition()) return true;
  return false;
}
