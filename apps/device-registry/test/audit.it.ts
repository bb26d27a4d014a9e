import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operatorActionRecordedV1 } from '@myelin/contracts';
import { silentLogger } from '@myelin/observability';
import { ManualClock, eventProbe, waitFor } from '@myelin/testing';
import { forget } from '../src/features/housekeeping/forget.js';
import { Registry } from '../src/registry.js';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

const clock = new ManualClock(Date.now());
let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture({ clock });
  api = await fixture.tenant('acme');
});
afterAll(() => fixture.dispose());

const day = 86_400_000;
const actions = async (query = ''): Promise<unknown[]> =>
  (await api.get(`/v1/audit?limit=1000${query}`)).body.items.map(({ action, entity }) => [action, entity]);

describe('the audit trail', () => {
  test('has one entry and one event for every operator action, newest first, and never a secret', async () => {
    await using events = await eventProbe(fixture.kafka.settings, operatorActionRecordedV1);
    await api.put('/v1/profiles/p', aProfileBody());
    await api.put('/v1/sites/s', { timeZone: 'UTC' });
    await api.post('/v1/devices', { device: 'd', profile: 'p', site: 's' });
    const issued = await api.post('/v1/devices/d/credentials', {});
    const id = String(issued.body['credentialId']);
    await api.patch('/v1/devices/d', { labels: { a: 'b' } }, { 'if-match': '*' });
    await api.delete(`/v1/devices/d/credentials/${id}`);
    await api.post('/v1/devices/d/transitions', { to: 'retired', reason: 'worn out' }, { 'if-match': '*' });
    await api.delete('/v1/devices/d', { 'if-match': '*' });
    const lines = '{"device":"e","profile":"p"}\n{"device":"f","profile":"p"}';
    await api.post('/v1/device-imports', lines, { 'content-type': 'application/x-ndjson' });
    await api.delete('/v1/sites/s', { 'if-match': '*' });

    const expected = [
      ['site.delete', 's'],
      ['device.import', expect.any(String)],
      ['device.delete', 'd'],
      ['device.transition', 'd'],
      ['credential.revoke', `d/${id}`],
      ['device.change', 'd'],
      ['credential.issue', `d/${id}`],
      ['device.create', 'd'],
      ['site.create', 's'],
      ['profile.create', 'p'],
      ['tenant.create', 'acme'],
    ];
    expect(await actions()).toEqual(expected);
    await events.next(({ payload }) => payload?.action === 'site.delete');
    const published = events.all().map(({ payload }) => [payload?.action, payload?.entity]);
    expect(published).toEqual([...expected].reverse());
    const moved = events.all().find(({ payload }) => payload?.action === 'device.transition');
    expect(moved?.payload).toMatchObject({ tenant: 'acme', actor: 'operator:test-operator', reason: 'worn out' });
    expect(JSON.stringify(events.all().map(({ payload }) => payload))).not.toContain(issued.body['secret']);
    expect((await api.get('/v1/audit')).text).not.toContain(issued.body['secret']);
  });

  test('leaves no entry for what was refused', async () => {
    const before = await actions();
    expect((await api.put('/v1/profiles/p', aProfileBody(), { 'if-match': '"9"' })).status).toBe(412);
    expect((await api.post('/v1/devices', { device: 'x', profile: 'nothing' })).status).toBe(422);
    expect((await api.delete('/v1/devices/e', { 'if-match': '*' })).status).toBe(409);
    expect(await actions()).toEqual(before);
  });

  test('is filtered by actor, action and entity, page by page', async () => {
    expect(await actions('&action=device.create')).toEqual([['device.create', 'd']]);
    expect(await actions('&entity=s')).toEqual([
      ['site.delete', 's'],
      ['site.create', 's'],
    ]);
    expect(await actions('&actor=operator:nobody')).toEqual([]);
    const page = await api.get('/v1/audit?limit=2');
    const next = await api.get(`/v1/audit?limit=100&cursor=${page.body.nextCursor ?? ''}`);
    expect([...page.body.items, ...next.body.items]).toEqual((await api.get('/v1/audit')).body.items);
    expect((await api.get('/v1/audit?cursor=Ingi')).status).toBe(400);
  });
});

describe('what is over', () => {
  test('is forgotten when its time has come, and not before', async () => {
    const registry = new Registry(fixture.database.dataSource, clock, silentLogger);
    const rows = async (table: string): Promise<number> => {
      const sql = `SELECT count(*)::int AS n FROM ${table}`;
      return ((await fixture.database.dataSource.query(sql)) as { n: number }[])[0]?.n ?? Number.NaN;
    };
    await api.post('/v1/devices', { device: 'kept', profile: 'p' }, { 'idempotency-key': 'k' });
    const entries = await rows('audit_entry');
    clock.advance(day - 1);
    await forget(registry);
    expect(await rows('idempotency_key')).toBe(1);
    clock.advance(2);
    await forget(registry);
    expect(await rows('idempotency_key')).toBe(0);
    expect(await rows('audit_entry')).toBe(entries);
    clock.advance(364 * day);
    await waitFor(async () => !(await forget(registry)), { what: 'nothing more to forget' });
    expect(await rows('audit_entry')).toBe(0);
  });

  test('a key that is over, and not yet deleted, is free for another request', async () => {
    const key = { 'idempotency-key': 'again' };
    expect((await api.post('/v1/devices', { device: 'k-1', profile: 'p' }, key)).status).toBe(201);
    clock.advance(day + 1);
    expect((await api.post('/v1/devices', { device: 'k-2', profile: 'p' }, key)).status).toBe(201);
  });
});
