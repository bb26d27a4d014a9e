import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listRoutes } from '@myelin/service-kit';
import { type QueryService, serveQueries } from './query-service.fixture.js';

/**
 * Every route with operator access, and what an operator of another tenant gets from it for a device id that exists in
 * both tenants. A route that is missing here fails the suite.
 */
const routes: Readonly<Record<string, string>> = {
  'GET /v1/aggregates': '/v1/aggregates?device=shared,private&metric=t&bucket=1d',
  'GET /v1/comparison': '/v1/comparison?device=shared&fleet=shared,private&metric=t&bucket=1d',
  'GET /v1/devices/:device/latest': '/v1/devices/shared/latest',
  'GET /v1/devices/:device/measurements': '/v1/devices/shared/measurements',
  'GET /v1/devices/:device/measurements/raw': '/v1/devices/shared/measurements/raw',
  'GET /v1/devices/:device/states': '/v1/devices/shared/states?metric=t',
  'GET /v1/devices/:device/windows': '/v1/devices/shared/windows?metric=w',
  'GET /v1/devices/:device/quality': '/v1/devices/shared/quality',
  'GET /v1/quality': '/v1/quality',
  'GET /v1/statistics': '/v1/statistics?device=shared,private',
};

/** Values and counts by which a leak would show. */
const secretOfA = 4_711;
const secretOfB = 1_871;

let api: QueryService;
const nowMs = Date.now();

beforeAll(async () => {
  api = await serveQueries();
  const secret = (value: number) => ({ ts: nowMs - 60_000, boot: 'b', seq: value, values: { t: value, w: [value] } });
  await api.store([
    { body: secret(secretOfA), key: 'tenant-a/shared', deviceIndex: 1 },
    { body: secret(secretOfA), key: 'tenant-a/private', deviceIndex: 2 },
    { body: secret(secretOfB), key: 'tenant-b/shared', deviceIndex: 3 },
  ]);
  await api.database.dataSource.query(
    `INSERT INTO data_quality (device_index, hour, version, count, delay_sum_ms, delay_min_ms, delay_max_ms, delay_p95_ms,
       late, duplicates, conflicts, out_of_range)
     SELECT index, $1, 1, 1, 1, 1, 1, 1, 0, CASE tenant WHEN 'tenant-a' THEN $2::bigint ELSE $3::bigint END, 0, 0 FROM device`,
    [Math.floor(nowMs / 3_600_000) - 1, secretOfA, secretOfB],
  );
});
afterAll(() => api.dispose());

describe('tenants', () => {
  test('every route is in the table', () => {
    const listed = listRoutes(api.service.app)
      .filter(({ access }) => access !== 'public')
      .map(({ method, path }) => `${method} ${path}`);
    expect(listed.sort()).toEqual(Object.keys(routes).sort());
  });

  test.each(Object.entries(routes))('%s shows a tenant its own data and nothing of another', async (_, path) => {
    const a = await api.get<unknown>(path, { tenant: 'tenant-a' });
    const b = await api.get<unknown>(path, { tenant: 'tenant-b' });
    expect([a.status, b.status]).toEqual([200, 200]);
    expect(JSON.stringify(b.body)).not.toMatch(new RegExp(`${secretOfA}|private`));
    expect(JSON.stringify(a.body)).not.toContain(String(secretOfB));
    if (!path.startsWith('/v1/statistics')) expect(JSON.stringify(a.body)).toContain(String(secretOfA));
    expect(await api.lines(path, { tenant: 'nobody' })).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ ts: nowMs - 60_000 })]),
    );
  });

  test.each(['latest', 'measurements', 'measurements/raw', 'states?metric=t', 'windows?metric=w'])(
    'a device of another tenant does not exist (%s)',
    async (part) => {
      const foreign = await api.get(`/v1/devices/private/${part}`, { tenant: 'tenant-b' });
      const unknown = await api.get(`/v1/devices/nowhere/${part}`, { tenant: 'tenant-b' });
      expect(foreign.status).toBe(404);
      const { instance: _a, traceId: _b, ...left } = foreign.body as Record<string, unknown>;
      const { instance: _c, traceId: _d, ...right } = unknown.body as Record<string, unknown>;
      expect(left).toEqual(right);
    },
  );

  test('statistics of a tenant count its own devices', async () => {
    const { body } = await api.get('/v1/statistics?limit=10', { tenant: 'tenant-b' });
    expect(body).toMatchObject({ tenant: { devices: 1, stored: 1 }, devices: [{ device: 'shared', stored: 1 }] });
  });

  test.each(Object.values(routes))('%s wants a token of this audience', async (path) => {
    const { issuer } = api;
    const tokens = [
      'nonsense',
      await issuer.token({ tenant: 'tenant-a', roles: ['viewer'], audience: 'another' }),
      await issuer.token({ tenant: 'tenant-a', roles: ['viewer'], foreignKey: true }),
      await issuer.token({ tenant: 'tenant-a', roles: ['viewer'], expiresInSeconds: -600 }),
    ];
    for (const token of tokens) expect((await api.get(path, { token })).status).toBe(401);
    const powerless = await issuer.token({ tenant: 'tenant-a', roles: [] });
    expect((await api.get(path, { token: powerless })).status).toBe(403);
  });
});
