import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceCredentialsV1, deviceLifecycleChangedV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import { type Lifecycle, lifecycles, operatorTargets } from '../src/domain/lifecycle.js';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.tenant('acme');
  await api.put('/v1/profiles/auto', aProfileBody({ autoActivate: true }));
  await api.put('/v1/profiles/manual', aProfileBody({ autoActivate: false }));
});
afterAll(() => fixture.dispose());

const routes: Record<Lifecycle, readonly Lifecycle[]> = {
  created: [],
  provisioned: [],
  active: ['active'],
  suspended: ['suspended'],
  quarantined: ['active', 'quarantined'],
  retired: ['retired'],
};

async function deviceIn(state: Lifecycle, id: string): Promise<string> {
  let answer = await api.post('/v1/devices', { device: id, profile: 'manual' });
  if (state !== 'created') {
    await api.post(`/v1/devices/${id}/credentials`, {});
    answer = await api.get(`/v1/devices/${id}`);
  }
  for (const to of routes[state]) answer = await move(id, to, answer.etag);
  expect(answer.body['lifecycle']).toBe(state);
  return answer.etag;
}

const move = (id: string, to: string, etag: string) =>
  api.post(`/v1/devices/${id}/transitions`, { to, reason: 'test' }, { 'if-match': etag });

describe('transitions', () => {
  test.each(lifecycles)('from %s: each state is reached or refused as the table says', async (from) => {
    for (const to of lifecycles) {
      const id = `${from}-${to}`;
      const etag = await deviceIn(from, id);
      const answer = await move(id, to, etag);
      if (operatorTargets(from).includes(to)) {
        expect(answer).toMatchObject({ status: 200, body: { lifecycle: to } });
        continue;
      }
      expect(answer).toMatchObject({ status: 409, body: { from, to, allowed: operatorTargets(from) } });
      expect(answer.body.type).toBe('urn:myelin:problem:transition-not-allowed');
      expect((await api.get(`/v1/devices/${id}`)).etag).toBe(etag);
    }
  });

  test('carry actor, reason and version, in order, one event per step', async () => {
    await using steps = await eventProbe(fixture.kafka.settings, deviceLifecycleChangedV1);
    await api.post('/v1/devices', { device: 'walk', profile: 'auto' });
    await api.post('/v1/devices/walk/credentials', {});
    const alice = await fixture.issuer.token({ tenant: 'acme', roles: ['operator'], subject: 'alice' });
    const body = { to: 'quarantined', reason: 'seen twice' };
    const headers = { 'if-match': (await api.get('/v1/devices/walk')).etag, authorization: `Bearer ${alice}` };
    expect((await api.post('/v1/devices/walk/transitions', body, headers)).status).toBe(200);
    await steps.next(({ key, payload }) => key === 'acme/walk' && payload?.to === 'quarantined');
    const own = steps.all().filter(({ key }) => key === 'acme/walk');
    expect(own.map(({ payload }) => [payload?.from, payload?.to, payload?.version])).toEqual([
      [undefined, 'created', 1],
      ['created', 'provisioned', 2],
      ['provisioned', 'active', 3],
      ['active', 'quarantined', 4],
    ]);
    expect(own.at(-1)?.payload).toMatchObject({ actor: 'operator:alice', reason: 'seen twice' });
  });

  test('need If-Match and a reason', async () => {
    const etag = await deviceIn('created', 'strict');
    const path = '/v1/devices/strict/transitions';
    expect((await api.post(path, { to: 'retired', reason: 'x' })).status).toBe(428);
    expect((await api.post(path, { to: 'retired', reason: 'x' }, { 'if-match': '"9"' })).status).toBe(412);
    expect((await api.post(path, { to: 'retired' }, { 'if-match': etag })).status).toBe(400);
    expect((await api.post(path, { to: 'happy', reason: 'x' }, { 'if-match': etag })).status).toBe(400);
    expect((await move('nobody', 'retired', etag)).status).toBe(404);
  });

  test('to retired revokes all credentials and publishes the empty set', async () => {
    await using credentials = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const etag = await deviceIn('active', 'old');
    await api.post('/v1/devices/old/credentials', {});
    expect((await move('old', 'retired', etag)).status).toBe(200);
    const set = await credentials.next(({ key, payload }) => key === 'acme/old' && payload?.credentials.length === 0);
    expect(set.payload?.version).toBe(3);
    const listed = (await api.get('/v1/devices/old/credentials')).body.items;
    expect(listed.map(({ state }) => state)).toEqual(['revoked', 'revoked']);
    const refused = await api.post('/v1/devices/old/credentials', {});
    expect(refused).toMatchObject({ status: 409, body: { type: 'urn:myelin:problem:device-retired' } });
  });
});
