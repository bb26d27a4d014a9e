import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceStateV1, profileStateV1, siteStateV1, tenantStateV1 } from '@myelin/contracts';
import { eventProbe, waitFor } from '@myelin/testing';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aProfileBody, aTenantBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
let api: ApiClient;
let platform: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.tenant('acme');
  platform = await fixture.as('platform', 'platform-admin');
  await api.put('/v1/profiles/used', aProfileBody());
});
afterAll(() => fixture.dispose());

const { tenant: _id, ...tenantBody } = aTenantBody('acme');

describe('tenants', () => {
  test('are created once, listed, changed by version, and published', async () => {
    await using states = await eventProbe(fixture.kafka.settings, tenantStateV1);
    const created = await platform.post('/v1/tenants', aTenantBody('beta'));
    expect(created).toMatchObject({ status: 201, etag: '"1"' });
    expect((await platform.post('/v1/tenants', aTenantBody('beta'))).status).toBe(409);
    const body = { ...tenantBody, displayName: 'Beta', limits: { ...tenantBody.limits, maxDevices: 1 } };
    expect((await platform.put('/v1/tenants/beta', body)).status).toBe(428);
    expect((await platform.put('/v1/tenants/beta', body, { 'if-match': '"2"' })).status).toBe(412);
    expect((await platform.put('/v1/tenants/beta', body, { 'if-match': '"1"' })).body).toMatchObject({
      ...body,
      version: 2,
    });
    const state = await states.next(({ key, payload }) => key === 'beta' && payload?.version === 2);
    expect(state.payload).toEqual({ tenant: 'beta', ...body, version: 2 });
    const page = await platform.get('/v1/tenants?limit=1');
    expect(page.body.items).toMatchObject([{ tenant: 'acme' }]);
    const next = await platform.get(`/v1/tenants?limit=1&cursor=${page.body.nextCursor ?? ''}`);
    expect(next.body.items).toMatchObject([{ tenant: 'beta' }]);
  });

  test.each([
    ['a time zone that does not exist', { timeZone: 'Europe/Atlantis' }, '/timeZone'],
    ['an offset as time zone', { timeZone: '+01:00' }, '/timeZone'],
    ['a limit below zero', { limits: { ...tenantBody.limits, maxDevices: -1 } }, '/limits/maxDevices'],
    ['no limits', { limits: undefined }, '/limits'],
    ['an empty name', { displayName: '' }, '/displayName'],
    ['an id of a wrong form', { tenant: 'a/b' }, '/tenant'],
  ])('refuse %s and say where', async (_what, change, pointer) => {
    const answer = await platform.post('/v1/tenants', { ...aTenantBody('gamma'), ...change });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
    expect((await platform.get('/v1/tenants/gamma')).status).toBe(404);
  });
});

describe.each([
  ['sites', siteStateV1, { timeZone: 'Asia/Tokyo', position: { lat: 35.7, lon: 139.7 }, metadata: { a: 1 } }],
  ['profiles', profileStateV1, aProfileBody({ metadata: { a: 1 } })],
] as const)('%s', (collection, contract, body) => {
  const path = `/v1/${collection}/one`;

  test('are put under preconditions, published, deleted with a tombstone, and go on above old versions', async () => {
    await using states = await eventProbe(fixture.kafka.settings, contract as typeof siteStateV1);
    expect((await api.put(path, body, { 'if-match': '"1"' })).status).toBe(412);
    const created = await api.put(path, body, { 'if-none-match': '*' });
    expect(created).toMatchObject({ status: 201, etag: '"1"', body });
    expect((await api.put(path, body, { 'if-none-match': '*' })).status).toBe(412);
    expect((await api.put(path, body)).status).toBe(428);
    expect((await api.put(path, body, { 'if-match': '"3"' })).status).toBe(412);
    expect(await api.put(path, { ...body, metadata: {} }, { 'if-match': '"1"' })).toMatchObject({
      status: 200,
      etag: '"2"',
    });
    expect((await api.get(path)).body).toMatchObject({ metadata: {}, version: 2 });
    expect((await api.delete(path)).status).toBe(428);
    expect((await api.delete(path, { 'if-match': '"2"' })).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
    expect((await api.delete(path, { 'if-match': '"2"' })).status).toBe(404);
    expect(await api.put(path, body)).toMatchObject({ status: 201, etag: '"4"' });
    await states.next(({ headers }) => headers['myelin-version'] === '4');
    const own = states.all().filter(({ key }) => key === 'acme/one');
    expect(own.map(({ headers, payload }) => [headers['myelin-version'], payload === null])).toEqual([
      ['1', false],
      ['2', false],
      ['3', true],
      ['4', false],
    ]);
    expect(own[0]?.payload).toEqual({ tenant: 'acme', [collection.slice(0, -1)]: 'one', ...body, version: 1 });
  });

  test('are not deleted while devices use them', async () => {
    await api.put(`/v1/${collection}/busy`, body);
    const device = { device: `of-${collection}`, profile: 'used', [collection.slice(0, -1)]: 'busy' };
    expect((await api.post('/v1/devices', device)).status).toBe(201);
    const refused = await api.delete(`/v1/${collection}/busy`, { 'if-match': '"1"' });
    expect(refused).toMatchObject({
      status: 409,
      body: { type: `urn:myelin:problem:${collection.slice(0, -1)}-in-use` },
    });
    expect((await api.get(`/v1/${collection}/busy`)).status).toBe(200);
  });

  test('of many put at once only one is created', async () => {
    const puts = Array.from({ length: 6 }, () => api.put(`/v1/${collection}/race`, body, { 'if-none-match': '*' }));
    const statuses = (await Promise.all(puts)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 412, 412, 412, 412, 412]);
  });
});

describe('the policies of a profile', () => {
  const metrics = {
    load: { kind: 'number', deadband: 0.5, minimumIntervalMs: 1 },
    state: { kind: 'text', minimumIntervalMs: 86_400_000 },
  };
  const policies = { metrics, storage: 'evaluate-only', lateAfterMs: 1, latenessMs: 604_800_000 };

  test('are answered and published as they were put, and are gone when the profile is put without them', async () => {
    await using states = await eventProbe(fixture.kafka.settings, profileStateV1);
    const put = await api.put('/v1/profiles/policies', aProfileBody(policies));
    expect(put).toMatchObject({ status: 201, body: policies });
    const published = await states.next(({ payload }) => payload?.profile === 'policies');
    expect(published.payload).toMatchObject(policies);
    const plain = await api.put('/v1/profiles/policies', aProfileBody(), { 'if-match': '"1"' });
    const next = await states.next(({ payload }) => payload?.version === 2 && payload.profile === 'policies');
    for (const body of [plain.body, next.payload]) {
      for (const policy of ['storage', 'lateAfterMs', 'latenessMs']) expect(body).not.toHaveProperty(policy);
    }
  });
});

describe('what sites and profiles refuse', () => {
  test.each([
    ['sites', { timeZone: 'nowhere' }],
    ['sites', { timeZone: 'UTC', position: { lat: 91, lon: 0 } }],
    ['sites', { timeZone: 'UTC', position: { lat: 1 } }],
    ['sites', { timeZone: 'UTC', metadata: { a: 'x'.repeat(8_192) } }],
    ['profiles', aProfileBody({ expectedReportIntervalMs: 999 })],
    ['profiles', aProfileBody({ metrics: { a: { kind: 'colour' } } })],
    ['profiles', aProfileBody({ retentionClass: 'forever' })],
    ['profiles', aProfileBody({ metrics: { a: { kind: 'number', deadband: 0 } } })],
    ['profiles', aProfileBody({ metrics: { a: { kind: 'array', deadband: 1 } } })],
    ['profiles', aProfileBody({ metrics: { a: { kind: 'text', minimumIntervalMs: 86_400_001 } } })],
    ['profiles', aProfileBody({ metrics: { a: { kind: 'text', minimumIntervalMs: 0.5 } } })],
    ['profiles', aProfileBody({ storage: 'nowhere' })],
    ['profiles', aProfileBody({ lateAfterMs: 0 })],
    ['profiles', aProfileBody({ latenessMs: 604_800_001 })],
    ['profiles', aProfileBody({ unknownMetrics: 'maybe' })],
    ['profiles', aProfileBody({ autoActivate: 'yes' })],
  ])('%s %j', async (collection, body) => {
    const answer = await api.put(`/v1/${collection}/bad`, body);
    expect(answer).toMatchObject({ status: 400, body: { type: 'urn:myelin:problem:validation-failed' } });
    expect((await api.get(`/v1/${collection}/bad`)).status).toBe(404);
    expect((await api.put(`/v1/${collection}/b%20d`, body)).status).toBe(400);
  });
});

test.each([
  [{ 'a/b': { kind: 'text', deadband: 1 } }, '/metrics/a~1b/deadband', 'only number takes one, not text'],
  [{ a: { kind: 'colour' } }, '/metrics/a/kind', 'must be one of number, boolean, text, array, position'],
  [{ a: 5 }, '/metrics/a', 'must be an object'],
  [[], '/metrics', 'must be an object of metrics'],
])('of metrics %j the place of the fault is %s', async (metrics, pointer, detail) => {
  const { body } = await api.put('/v1/profiles/bad', { ...aProfileBody(), metrics });
  expect(body).toMatchObject({ title: 'The request is not valid', errors: [{ pointer, detail }] });
});

describe('a new time zone', () => {
  test('of a site reaches its devices, that of a tenant those without a site, each under a new version', async () => {
    await using states = await eventProbe(fixture.kafka.settings, deviceStateV1);
    const other = await fixture.tenant('zones');
    await other.put('/v1/profiles/p', aProfileBody());
    await other.put('/v1/sites/s', { timeZone: 'Europe/Paris' });
    const lines = Array.from({ length: 1_200 }, (_, n) =>
      JSON.stringify({ device: `d-${n}`, profile: 'p', site: 's' }),
    );
    await other.post('/v1/device-imports', lines.join('\n'), { 'content-type': 'application/x-ndjson' });
    await other.post('/v1/devices', { device: 'alone', profile: 'p' });
    await other.put('/v1/sites/s', { timeZone: 'Asia/Tokyo' }, { 'if-match': '"1"' });
    await platform.put('/v1/tenants/zones', { ...tenantBody, timeZone: 'UTC' }, { 'if-match': '"1"' });
    const renewed = () => states.all().filter(({ key, payload }) => key.startsWith('zones/') && payload?.version === 2);
    await waitFor(() => renewed().length === 1_201, {
      timeoutMs: 20_000,
      what: () => `1,201 devices; ${renewed().length}`,
    });
    for (const { key, payload } of renewed())
      expect(payload?.timeZone).toBe(key === 'zones/alone' ? 'UTC' : 'Asia/Tokyo');
    expect((await other.get('/v1/devices/d-7')).body).toMatchObject({ timeZone: 'Asia/Tokyo', version: 2 });
    expect(await fixture.database.dataSource.query('SELECT 1 FROM republication')).toEqual([]);
  }, 40_000);
});
