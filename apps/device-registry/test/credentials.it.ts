import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceCredentialsV1 } from '@myelin/contracts';
import { ManualClock, eventProbe, waitFor } from '@myelin/testing';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

const clock = new ManualClock(Date.now());
let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture({ clock });
  api = await fixture.tenant('acme');
  await api.put('/v1/profiles/auto', aProfileBody({ autoActivate: true }));
  await api.put('/v1/profiles/manual', aProfileBody({ autoActivate: false }));
});
afterAll(() => fixture.dispose());

interface Issued {
  credentialId: string;
  secret: string;
  bearer: string;
  basic: { username: string; password: string };
}

async function aDevice(id: string, profile = 'auto'): Promise<string> {
  await api.post('/v1/devices', { device: id, profile });
  return `/v1/devices/${encodeURIComponent(id)}/credentials`;
}

describe('credentials', () => {
  test('a secret is shown once, its hash is published, and the first one activates the device', async () => {
    await using sets = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const path = await aDevice('s:1');
    const answer = await api.post(path, {});
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const issued = answer.body as unknown as Issued;
    expect(issued.bearer).toBe(`${issued.credentialId}.${issued.secret}`);
    expect(issued.basic).toEqual({ username: 'acme/s%3A1', password: issued.secret });
    expect((await api.get('/v1/devices/s:1')).body).toMatchObject({ lifecycle: 'active', version: 3 });
    const set = await sets.next(({ key }) => key === 'acme/s:1');
    const secretSha256 = createHash('sha256').update(issued.secret).digest('base64url');
    expect(set.payload?.credentials).toMatchObject([{ id: issued.credentialId, kind: 'secret', secretSha256 }]);
    const listed = await api.get(path);
    expect(listed.body.items).toMatchObject([{ credentialId: issued.credentialId, state: 'live' }]);
    expect(listed.text).not.toContain(issued.secret);
    expect(listed.text).not.toContain(secretSha256);
  });

  test('without autoActivate the first one only provisions', async () => {
    const path = await aDevice('m-1', 'manual');
    await api.post(path, {});
    expect((await api.get('/v1/devices/m-1')).body['lifecycle']).toBe('provisioned');
    await api.post(path, {});
    expect((await api.get('/v1/devices/m-1')).body).toMatchObject({ lifecycle: 'provisioned', version: 2 });
  });

  test('two live ones overlap, a third is refused until one is revoked', async () => {
    const path = await aDevice('r-1');
    const first = (await api.post(path, {})).body as unknown as Issued;
    const second = (await api.post(path, {})).body as unknown as Issued;
    const third = await api.post(path, {});
    expect(third).toMatchObject({ status: 409, body: { live: [first.credentialId, second.credentialId] } });
    expect(third.body.type).toBe('urn:myelin:problem:credential-limit');
    expect((await api.delete(`${path}/${first.credentialId}`)).status).toBe(204);
    expect((await api.post(path, {})).status).toBe(201);
  });

  test('of many asked for at once exactly two are made', async () => {
    const path = await aDevice('r-2');
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.post(path, {})));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
  });

  test('revoking again changes nothing, and the set is published once', async () => {
    await using sets = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const path = await aDevice('v-1');
    const { credentialId } = (await api.post(path, {})).body as unknown as Issued;
    expect((await api.delete(`${path}/${credentialId}`)).status).toBe(204);
    expect((await api.delete(`${path}/${credentialId.toUpperCase()}`)).status).toBe(204);
    await api.post(path, {});
    await sets.next(({ key, payload }) => key === 'acme/v-1' && payload?.version === 3);
    const own = sets.all().filter(({ key }) => key === 'acme/v-1');
    expect(own.map(({ payload }) => payload?.credentials.length)).toEqual([1, 0, 1]);
  });

  test('a window is kept, and one that is over makes room and leaves the published set', async () => {
    await using sets = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const path = await aDevice('w-1');
    const notAfter = new Date(clock.nowMs() + 60_000).toISOString();
    const notBefore = new Date(clock.nowMs() + 30_000).toISOString();
    await api.post(path, { notAfter });
    const later = await api.post(path, { notBefore });
    expect(later.body).toMatchObject({ notBefore, state: 'pending' });
    const both = await sets.next(({ key, payload }) => key === 'acme/w-1' && payload?.credentials.length === 2);
    expect(both.payload?.credentials.map((one) => one.notAfter)).toEqual([notAfter, undefined]);
    clock.advance(60_000);
    const one = await sets.next(({ key, payload }) => key === 'acme/w-1' && payload?.version === 3, 20_000);
    expect(one.payload?.credentials.map(({ id }) => id)).toEqual([later.body['credentialId']]);
    const states = (await api.get(path)).body.items;
    expect(states.map(({ state }) => state)).toEqual(['expired', 'live']);
    expect((await api.post(path, {})).status).toBe(201);
  }, 40_000);

  test.each([
    [{ notAfter: '2020-01-01T00:00:00Z' }, 400],
    [{ notBefore: '2990-01-02T00:00:00Z', notAfter: '2990-01-01T00:00:00Z' }, 400],
    [{ notAfter: '2990-01-01' }, 400],
    [{ notAfter: '2990-01-01T00:00:00' }, 400],
    [{ notAfter: '2990-02-30T00:00:00Z' }, 400],
    [{ notAfter: '9999-12-31T23:59:59-12:00' }, 400],
    [{ notAfter: 5 }, 400],
    [{ secret: 'mine' }, 400],
  ])('refuses %j', async (body, status) => {
    const path = await aDevice('f-1');
    expect((await api.post(path, body)).status).toBe(status);
    expect((await api.get(path)).body.items).toEqual([]);
  });

  test('unknown devices and credentials are 404', async () => {
    const path = await aDevice('f-1');
    const nobody = '019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
    expect((await api.post('/v1/devices/nobody/credentials', {})).status).toBe(404);
    expect((await api.get('/v1/devices/nobody/credentials')).status).toBe(404);
    expect((await api.delete(`${path}/${nobody}`)).status).toBe(404);
    expect((await api.delete(`${path}/not-an-id`)).status).toBe(400);
  });

  test('no secret is anywhere in the database', async () => {
    const path = await aDevice('z-1');
    const { secret } = (await api.post(path, {})).body as unknown as Issued;
    const tables = ['credential', 'audit_entry', 'idempotency_key', 'device', 'outbox'];
    await waitFor(
      async () => {
        const [row] = (await fixture.database.dataSource.query('SELECT count(*)::int AS n FROM outbox')) as {
          n: number;
        }[];
        return row?.n === 0;
      },
      { timeoutMs: 10_000, what: 'the outbox to be empty' },
    );
    for (const table of tables) {
      const rows = (await fixture.database.dataSource.query(`SELECT t::text AS row FROM ${table} t`)) as {
        row: string;
      }[];
      expect(rows.some(({ row }) => row.includes(secret))).toBe(false);
    }
  });
});
