import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceCredentialsV1, deviceLifecycleChangedV1, deviceStateV1 } from '@myelin/contracts';
import { eventProbe } from '@myelin/testing';
import fc from 'fast-check';
import { matchesLabels, parseLabelRequirement } from '../src/domain/label-selector.js';
import type { ApiClient } from './api-client.js';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture();
  api = await fixture.tenant('acme');
  await api.put('/v1/profiles/thermometer', aProfileBody());
  await api.put('/v1/sites/tokyo', { timeZone: 'Asia/Tokyo' });
});
afterAll(() => fixture.dispose());

const device = (id: string, changes: object = {}) => ({ device: id, profile: 'thermometer', ...changes });

describe('creating a device', () => {
  test('answers with version and place, and publishes state and the first step of its life', async () => {
    await using states = await eventProbe(fixture.kafka.settings, deviceStateV1);
    await using steps = await eventProbe(fixture.kafka.settings, deviceLifecycleChangedV1);
    const answer = await api.post('/v1/devices', device('a:1', { site: 'tokyo', labels: { line: '4' } }));
    expect(answer).toMatchObject({ status: 201, etag: '"1"', body: { lifecycle: 'created', timeZone: 'Asia/Tokyo' } });
    expect(answer.headers.get('location')).toBe('/v1/devices/a%3A1');
    const state = await states.next(({ key }) => key === 'acme/a:1');
    expect(state.payload).toEqual({
      ...{ tenant: 'acme', device: 'a:1', index: answer.body.index, profile: 'thermometer', site: 'tokyo' },
      ...{ timeZone: 'Asia/Tokyo', lifecycle: 'created', labels: { line: '4' }, metadata: {}, version: 1 },
    });
    expect(state.headers['myelin-version']).toBe('1');
    const step = await steps.next(({ key }) => key === 'acme/a:1');
    expect(step.payload).toMatchObject({ to: 'created', actor: 'operator:test-operator', version: 1 });
    expect(step.payload).not.toHaveProperty('from');
  });

  test('indexes are handed out one after the other', async () => {
    const first = await api.post('/v1/devices', device('dense-1'));
    const second = await api.post('/v1/devices', device('dense-2'));
    expect(second.body.index - first.body.index).toBe(1);
  });

  test.each([
    ['an id that is taken', device('dense-1'), 409, 'device-exists'],
    ['a profile that does not exist', { device: 'x', profile: 'nothing' }, 422, 'profile-unknown'],
    ['a site that does not exist', device('x', { site: 'nowhere' }), 422, 'site-unknown'],
    ['an id of a wrong form', device('a/b'), 400, 'validation-failed'],
    ['a member that does not exist', device('x', { colour: 'red' }), 400, 'validation-failed'],
    ['labels that are no texts', device('x', { labels: { a: 1 } }), 400, 'validation-failed'],
    ['metadata above 8 KiB', device('x', { metadata: { a: 'x'.repeat(9_000) } }), 400, 'validation-failed'],
    ['a text that cannot be stored', device('x', { metadata: { a: '\0' } }), 400, 'validation-failed'],
    [
      'a name that validation would drop',
      device('x', { metadata: { constructor: 'Bosch' } }),
      400,
      'validation-failed',
    ],
    ['no object', '[1]', 400, 'validation-failed'],
    ['no JSON', '{"device":', 400, 'malformed-json'],
  ])('is refused for %s and changes nothing', async (_what, body, status, type) => {
    const answer = await api.post('/v1/devices', body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, type: `urn:myelin:problem:${type}` });
    expect((await api.get('/v1/devices/x')).status).toBe(404);
  });

  test('with the same key again gives the same answer, with another body 422', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const first = await api.post('/v1/devices', device('once', { labels: { a: '1', b: '2' } }), key);
    const again = await api.post('/v1/devices', device('once', { labels: { b: '2', a: '1' } }), key);
    expect(again).toMatchObject({ status: 201, etag: first.etag, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await api.post('/v1/devices', device('twice'), key);
    expect(other).toMatchObject({ status: 422, body: { type: 'urn:myelin:problem:idempotency-key-reused' } });
  });

  test('at once and with one key creates one device and answers all alike', async () => {
    const key = { 'idempotency-key': 'k-2' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.post('/v1/devices', device('race'), key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test('a refusal is not remembered under its key', async () => {
    const key = { 'idempotency-key': 'k-3' };
    expect((await api.post('/v1/devices', { device: 'late', profile: 'later' }, key)).status).toBe(422);
    await api.put('/v1/profiles/later', aProfileBody());
    expect((await api.post('/v1/devices', { device: 'late', profile: 'later' }, key)).status).toBe(201);
  });

  test('stops at the limit of the tenant, also when many come at once', async () => {
    const limits = { maxDevices: 3, messagesPerSecond: 1, messagesPerSecondPerDevice: 1 };
    const small = await fixture.tenant('small', { limits });
    await small.put('/v1/profiles/thermometer', aProfileBody());
    const all = Array.from({ length: 8 }, (_, index) => small.post('/v1/devices', device(`d-${index}`)));
    const statuses = (await Promise.all(all)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
  });
});

describe('listing devices', () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', ''), { maxKeys: 3 });
  const selectors = ['a', '!a', 'a=1', 'a!=1', 'b=', 'b!=2', '!c', 'c=2'];

  test('finds exactly what the plain meaning of the label filters says, page by page', async () => {
    const other = await fixture.tenant('labels');
    await other.put('/v1/profiles/thermometer', aProfileBody());
    const fleet = fc.sample(labels, 40).map((some, index) => ({
      ...device(`d-${String(index).padStart(2, '0')}`),
      labels: some,
    }));
    for (const body of fleet) await other.post('/v1/devices', body);
    for (const chosen of [...selectors.map((one) => [one]), ['a', 'b!=2'], ['!a', '!b'], ['a=1', 'c=2']]) {
      const requirements = chosen.map((text) => parseLabelRequirement(text) as never);
      const expected = fleet.filter(({ labels: own }) => matchesLabels(own, requirements));
      expect(await pages(other, chosen, 7)).toEqual(expected.map((body) => body.device));
    }
  });

  async function pages(client: ApiClient, label: readonly string[], limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const query = new URLSearchParams(label.map((text): [string, string] => ['label', text]));
      query.set('limit', String(limit));
      if (cursor !== '') query.set('cursor', cursor);
      const { status, body } = await client.get(`/v1/devices?${query.toString()}`);
      expect(status).toBe(200);
      const items = body.items;
      expect(items.length).toBeLessThanOrEqual(limit);
      found.push(...items.map((item) => item.device));
      cursor = body.nextCursor;
    }
    return found;
  }

  test('filters by lifecycle, profile and site', async () => {
    const ids = async (query: string) => (await api.get(`/v1/devices?${query}`)).body.items.map((item) => item.device);
    expect(await ids('site=tokyo')).toEqual(['a:1']);
    expect(await ids('profile=later')).toEqual(['late']);
    expect(await ids('lifecycle=active')).toEqual([]);
    expect(await ids('lifecycle=created&limit=1')).toEqual(['a:1']);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'cursor=!!',
    'cursor=MQ',
    'lifecycle=happy',
    'label==4',
    'colour=red',
  ])('refuses the query %s', async (query) => {
    expect((await api.get(`/v1/devices?${query}`)).status).toBe(400);
  });
});

describe('changing a device', () => {
  test('merges labels and metadata, moves it to another site, and publishes the new state', async () => {
    await using states = await eventProbe(fixture.kafka.settings, deviceStateV1);
    const created = await api.post(
      '/v1/devices',
      device('p-1', { labels: { a: '1', b: '2' }, metadata: { x: { y: 1 } } }),
    );
    const patch = { labels: { a: null, c: '3' }, metadata: { x: { z: 2 } }, site: 'tokyo' };
    const changed = await api.patch('/v1/devices/p-1', patch, { 'if-match': created.etag });
    const expected = {
      labels: { b: '2', c: '3' },
      metadata: { x: { y: 1, z: 2 } },
      timeZone: 'Asia/Tokyo',
      version: 2,
    };
    expect(changed).toMatchObject({ status: 200, etag: '"2"', body: expected });
    const state = await states.next(({ key, payload }) => key === 'acme/p-1' && payload?.version === 2);
    expect(state.payload).toMatchObject({ ...expected, site: 'tokyo' });
    const back = await api.patch('/v1/devices/p-1', { site: null, labels: null }, { 'if-match': '"2"' });
    expect(back.body).toMatchObject({ timeZone: 'Europe/Berlin', labels: {} });
    expect(back.body).not.toHaveProperty('site');
  });

  test('needs the version that was read: 428 without, 412 with another', async () => {
    await api.post('/v1/devices', device('p-2'));
    expect((await api.patch('/v1/devices/p-2', { labels: {} })).status).toBe(428);
    const stale = await api.patch('/v1/devices/p-2', { labels: {} }, { 'if-match': '"7"' });
    expect(stale).toMatchObject({ status: 412, etag: '"1"' });
    expect((await api.patch('/v1/devices/p-2', { labels: {} }, { 'if-match': 'W/"1"' })).status).toBe(412);
    expect((await api.patch('/v1/devices/nobody', { labels: {} }, { 'if-match': '"1"' })).status).toBe(404);
    expect((await api.get('/v1/devices/p-2')).etag).toBe('"1"');
  });

  test('of many changes to one version exactly one wins', async () => {
    await api.post('/v1/devices', device('p-3'));
    const tries = Array.from({ length: 6 }, (_, n) =>
      api.patch('/v1/devices/p-3', { labels: { n: `${n}` } }, { 'if-match': '"1"' }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 412, 412, 412, 412, 412]);
  });

  test.each([
    [{ profile: 'nothing' }, 422],
    [{ profile: null }, 400],
    [{ site: 'nowhere' }, 422],
    [{ labels: { 'a b': '1' } }, 400],
    [{ metadata: { a: 'x'.repeat(9_000) } }, 400],
    [{ metadata: [] }, 400],
    [{ lifecycle: 'active' }, 400],
  ])('refuses %j', async (patch, status) => {
    expect((await api.patch('/v1/devices/p-2', patch, { 'if-match': '"1"' })).status).toBe(status);
    expect((await api.get('/v1/devices/p-2')).etag).toBe('"1"');
  });
});

describe('deleting a device', () => {
  test('is for retired ones; tombstones follow, and a new record of the id goes on above the old versions', async () => {
    await using states = await eventProbe(fixture.kafka.settings, deviceStateV1);
    await using credentials = await eventProbe(fixture.kafka.settings, deviceCredentialsV1);
    const created = await api.post('/v1/devices', device('gone'));
    await api.post('/v1/devices/gone/credentials', {});
    const active = await api.get('/v1/devices/gone');
    expect((await api.delete('/v1/devices/gone', { 'if-match': active.etag })).status).toBe(409);
    const move = { to: 'retired', reason: 'broken' };
    const retired = await api.post('/v1/devices/gone/transitions', move, { 'if-match': active.etag });
    expect((await api.delete('/v1/devices/gone')).status).toBe(428);
    expect((await api.delete('/v1/devices/gone', { 'if-match': retired.etag })).status).toBe(204);
    expect((await api.get('/v1/devices/gone')).status).toBe(404);

    const again = await api.post('/v1/devices', device('gone'));
    expect(again.body.index).toBeGreaterThan(created.body.index);
    await api.post('/v1/devices/gone/credentials', {});
    const last = ({ key, payload }: { key: string; payload: unknown }) =>
      key === 'acme/gone' && (payload as { index?: number } | null)?.index === again.body.index;
    await states.next((event) => last(event) && event.payload?.lifecycle === 'active');
    const stateVersions = versionsOf(states.all());
    expect(stateVersions).toContain(null);
    await credentials.next(({ key, payload }) => key === 'acme/gone' && (payload?.version ?? 0) > 3);
    expect(versionsOf(credentials.all())).toContain(null);
  });

  /** Versions of the key in the order of the topic; null where a tombstone stood. Fails unless they strictly grow. */
  function versionsOf(events: readonly { key: string; payload: unknown; headers: Readonly<Record<string, string>> }[]) {
    const own = events.filter(({ key }) => key === 'acme/gone');
    const versions = own.map(({ headers }) => Number(headers['myelin-version']));
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    return own.map(({ payload }) => (payload === null ? null : true));
  }
});
