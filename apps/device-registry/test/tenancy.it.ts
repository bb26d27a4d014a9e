import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Role, listRoutes } from '@myelin/service-kit';
import { ApiClient, type Answer } from './api-client.js';
import { type RegistryFixture, aProfileBody, aTenantBody, aWindowBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
let credential = '';
beforeAll(async () => {
  fixture = await startFixture();
  for (const tenant of ['tenant-a', 'tenant-b']) {
    const api = await fixture.tenant(tenant);
    await api.put('/v1/profiles/shared', aProfileBody({ metadata: { owner: tenant } }));
    await api.put('/v1/sites/shared', { timeZone: 'UTC', metadata: { owner: tenant } });
    await api.post('/v1/devices', { device: 'shared', profile: 'shared', metadata: { owner: tenant } });
  }
  const b = await fixture.as('tenant-b');
  await b.put('/v1/profiles/secret-b', aProfileBody());
  await b.put('/v1/sites/secret-b', { timeZone: 'UTC' });
  await b.post('/v1/devices', { device: 'secret-b', profile: 'secret-b', site: 'secret-b' });
  await b.post('/v1/maintenance-windows', aWindowBody('secret-b'));
  await b.post('/v1/trace-requests', { device: 'secret-b' });
  credential = String((await b.post('/v1/devices/secret-b/credentials', {})).body['credentialId']);
});
afterAll(() => fixture.dispose());

type Call = (client: ApiClient) => Promise<Answer>;

interface RouteCase {
  readonly least: Role;
  /** The route, aimed at what tenant B owns; `shared` exists in both tenants. */
  readonly call: Call;
  /** What an admin of tenant A gets. */
  readonly fromA: number;
}

const ifMatch = { 'if-match': '"1"' };
const anything = { 'if-match': '*' };
const line = JSON.stringify({ device: 'secret-b', profile: 'secret-b', site: 'secret-b' });
const ndjson = { 'content-type': 'application/x-ndjson' };

const cases: Record<string, RouteCase> = {
  'POST /v1/tenants': { least: 'platform-admin', call: (c) => c.post('/v1/tenants', aTenantBody('new')), fromA: 403 },
  'GET /v1/tenants': { least: 'platform-admin', call: (c) => c.get('/v1/tenants'), fromA: 403 },
  'GET /v1/tenants/:tenant': { least: 'platform-admin', call: (c) => c.get('/v1/tenants/tenant-b'), fromA: 403 },
  'PUT /v1/tenants/:tenant': {
    least: 'platform-admin',
    call: (c) => c.put('/v1/tenants/tenant-b', { ...aTenantBody('x'), tenant: undefined }, ifMatch),
    fromA: 403,
  },
  'PUT /v1/sites/:site': {
    least: 'operator',
    call: (c) => c.put('/v1/sites/secret-b', { timeZone: 'Asia/Tokyo' }, ifMatch),
    fromA: 412,
  },
  'GET /v1/sites': { least: 'viewer', call: (c) => c.get('/v1/sites'), fromA: 200 },
  'GET /v1/sites/:site': { least: 'viewer', call: (c) => c.get('/v1/sites/secret-b'), fromA: 404 },
  'DELETE /v1/sites/:site': { least: 'operator', call: (c) => c.delete('/v1/sites/secret-b', anything), fromA: 404 },
  'PUT /v1/profiles/:profile': {
    least: 'operator',
    call: (c) => c.put('/v1/profiles/secret-b', aProfileBody(), ifMatch),
    fromA: 412,
  },
  'GET /v1/profiles': { least: 'viewer', call: (c) => c.get('/v1/profiles'), fromA: 200 },
  'GET /v1/profiles/:profile': { least: 'viewer', call: (c) => c.get('/v1/profiles/secret-b'), fromA: 404 },
  'DELETE /v1/profiles/:profile': {
    least: 'operator',
    call: (c) => c.delete('/v1/profiles/secret-b', anything),
    fromA: 404,
  },
  'POST /v1/maintenance-windows': {
    least: 'operator',
    call: (c) => c.post('/v1/maintenance-windows', aWindowBody('spy')),
    fromA: 201,
  },
  'GET /v1/maintenance-windows': { least: 'viewer', call: (c) => c.get('/v1/maintenance-windows'), fromA: 200 },
  'GET /v1/maintenance-windows/:window': {
    least: 'viewer',
    call: (c) => c.get('/v1/maintenance-windows/secret-b'),
    fromA: 404,
  },
  'PUT /v1/maintenance-windows/:window': {
    least: 'operator',
    call: (c) => c.put('/v1/maintenance-windows/secret-b', { ...aWindowBody('x'), window: undefined }, anything),
    fromA: 404,
  },
  'DELETE /v1/maintenance-windows/:window': {
    least: 'operator',
    call: (c) => c.delete('/v1/maintenance-windows/secret-b', anything),
    fromA: 404,
  },
  'POST /v1/trace-requests': {
    least: 'operator',
    call: (c) => c.post('/v1/trace-requests', { device: 'secret-b' }),
    fromA: 422,
  },
  'GET /v1/trace-requests': { least: 'viewer', call: (c) => c.get('/v1/trace-requests'), fromA: 200 },
  'DELETE /v1/trace-requests/:device': {
    least: 'operator',
    call: (c) => c.delete('/v1/trace-requests/secret-b'),
    fromA: 404,
  },
  'POST /v1/devices': {
    least: 'operator',
    call: (c) => c.post('/v1/devices', { device: 'spy', profile: 'secret-b' }),
    fromA: 422,
  },
  'GET /v1/devices': { least: 'viewer', call: (c) => c.get('/v1/devices?limit=1000'), fromA: 200 },
  'GET /v1/devices/:device': { least: 'viewer', call: (c) => c.get('/v1/devices/secret-b'), fromA: 404 },
  'PATCH /v1/devices/:device': {
    least: 'operator',
    call: (c) => c.patch('/v1/devices/secret-b', { labels: { a: 'b' } }, anything),
    fromA: 404,
  },
  'DELETE /v1/devices/:device': {
    least: 'operator',
    call: (c) => c.delete('/v1/devices/secret-b', anything),
    fromA: 404,
  },
  'POST /v1/devices/:device/transitions': {
    least: 'operator',
    call: (c) => c.post('/v1/devices/secret-b/transitions', { to: 'retired', reason: 'spy' }, anything),
    fromA: 404,
  },
  'POST /v1/devices/:device/credentials': {
    least: 'operator',
    call: (c) => c.post('/v1/devices/secret-b/credentials', {}),
    fromA: 404,
  },
  'GET /v1/devices/:device/credentials': {
    least: 'viewer',
    call: (c) => c.get('/v1/devices/secret-b/credentials'),
    fromA: 404,
  },
  'DELETE /v1/devices/:device/credentials/:credential': {
    least: 'operator',
    call: (c) => c.delete(`/v1/devices/secret-b/credentials/${credential}`),
    fromA: 404,
  },
  'POST /v1/device-imports': {
    least: 'operator',
    call: (c) => c.post('/v1/device-imports', line, ndjson),
    fromA: 200,
  },
  'GET /v1/audit': { least: 'admin', call: (c) => c.get('/v1/audit?limit=1000'), fromA: 200 },
};

/** Open by intention; they tell nothing of any tenant. */
const open = ['GET /health/live', 'GET /health/ready', 'GET /health/startup', 'GET /openapi.json'];
const ranks: readonly Role[] = ['viewer', 'operator', 'release-manager', 'admin'];
const named = Object.entries(cases);

/** Everything that is stored for tenant B, as text. */
async function everythingOfB(): Promise<string> {
  const tables = [
    'tenant',
    'site',
    'profile',
    'maintenance_window',
    'trace_request',
    'device',
    'credential',
    'audit_entry',
    'tenant_usage',
  ];
  const texts = tables.map(async (table) => {
    const sql = `SELECT t::text AS row FROM ${table} t WHERE tenant = 'tenant-b' ORDER BY 1`;
    return ((await fixture.database.dataSource.query(sql)) as { row: string }[]).map(({ row }) => row).join('\n');
  });
  return (await Promise.all(texts)).join('\n');
}

describe('every route', () => {
  test('of the service is in the table, and the table names no other', () => {
    const served = listRoutes(fixture.service.app)
      .filter(({ method }) => method !== 'HEAD' && method !== 'OPTIONS')
      .map(({ method, path }) => `${method} ${path}`);
    expect(served.sort()).toEqual([...Object.keys(cases), ...open].sort());
  });

  test.each(named)('%s refuses whoever has no, a foreign or an expired token, with 401', async (_route, { call }) => {
    const before = await everythingOfB();
    const claims = { tenant: 'tenant-b', roles: ['admin', 'platform-admin'] };
    const tokens = [
      undefined,
      'nonsense',
      await fixture.issuer.token({ ...claims, expiresInSeconds: -60 }),
      await fixture.issuer.token({ ...claims, audience: 'other' }),
      await fixture.issuer.token({ ...claims, foreignKey: true }),
    ];
    for (const token of tokens) {
      const answer = await call(new ApiClient(fixture.service.url, token));
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect(await everythingOfB()).toBe(before);
  });

  test.each(named)('%s refuses every role below its own, with 403', async (_route, { call, least }) => {
    const before = await everythingOfB();
    const below = least === 'platform-admin' ? ranks : [...ranks.slice(0, ranks.indexOf(least)), 'platform-admin'];
    for (const role of below) expect((await call(await fixture.as('tenant-b', role))).status).toBe(403);
    expect((await call(await fixture.as('tenant-b', 'made-up'))).status).toBe(403);
    expect(await everythingOfB()).toBe(before);
  });

  test.each(named)('%s shows an admin of A nothing of B and changes nothing there', async (_route, { call, fromA }) => {
    const before = await everythingOfB();
    const answer = await call(await fixture.as('tenant-a'));
    expect(answer.status).toBe(fromA);
    // A refusal repeats the path that was asked for, and an import the lines that were sent: that is A's own knowledge.
    if (answer.headers.get('content-type')?.includes('ndjson')) expect(answer.text).toContain('"status":"refused"');
    else if (answer.status === 200) expect(answer.text).not.toMatch(/tenant-b|secret-b/);
    expect(await everythingOfB()).toBe(before);
  });

  test.each(named)('%s takes its least role', async (route, { call, least }) => {
    // Aimed at tenant B by its own operator: whatever the answer, it is not about rights. Destructive ones come last.
    const answer = await call(await fixture.as(least === 'platform-admin' ? 'platform' : 'tenant-b', least));
    expect([route, answer.status]).not.toEqual([route, 401]);
    expect([route, answer.status]).not.toEqual([route, 403]);
  });
});

describe('a tenant that is not registered', () => {
  test('is told so, and leaves nothing behind', async () => {
    const ghost = await fixture.as('ghost');
    const answers = [
      await ghost.put('/v1/sites/s', { timeZone: 'UTC' }),
      await ghost.put('/v1/profiles/p', aProfileBody()),
      await ghost.post('/v1/maintenance-windows', aWindowBody('w')),
      await ghost.post('/v1/devices', { device: 'd', profile: 'p' }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 403, body: { type: 'urn:myelin:problem:tenant-unknown' } });
    }
    expect((await ghost.post('/v1/device-imports', line, ndjson)).text).toContain('tenant-unknown');
    expect((await ghost.get('/v1/devices')).body.items).toEqual([]);
  });
});
