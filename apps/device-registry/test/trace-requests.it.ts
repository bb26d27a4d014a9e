import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operatorActionRecordedV1, traceRequestStateV1 } from '@myelin/contracts';
import { ManualClock, eventProbe } from '@myelin/testing';
import type { ApiClient } from './api-client.js';
import { forgetTraceRequests } from '../src/features/housekeeping/forget-trace-requests.js';
import { Registry } from '../src/registry.js';
import { silentLogger } from '@myelin/observability';
import { type RegistryFixture, aProfileBody, startFixture } from './registry-fixture.js';

const minute = 60_000;
// In the past, as brokers refuse records whose time lies far ahead.
const clock = new ManualClock(Date.now() - 86_400_000);
let fixture: RegistryFixture;
let api: ApiClient;
beforeAll(async () => {
  fixture = await startFixture({ clock });
  api = await fixture.tenant('acme');
  await api.put('/v1/profiles/pump', aProfileBody());
  for (let nth = 0; nth <= 20; nth += 1) await api.post('/v1/devices', { device: `pump-${nth}`, profile: 'pump' });
});
afterAll(() => fixture.dispose());

const requests = '/v1/trace-requests';
const problem = (slug: string): string => `urn:myelin:problem:${slug}`;
const after = (minutes: number): string => new Date(clock.nowMs() + minutes * minute).toISOString();
const followed = async (client = api): Promise<unknown[]> =>
  (await client.get(requests)).body.items.map(({ device }) => device);

describe('a trace request', () => {
  test('is published as asked for, ends by the clock, and is forgotten an hour later; each state above the last', async () => {
    await using states = await eventProbe(fixture.kafka.settings, traceRequestStateV1);
    await using actions = await eventProbe(fixture.kafka.settings, operatorActionRecordedV1);
    const end = after(10);
    const created = await api.post(requests, { device: 'pump-0', reason: 'reports seem to be lost' });
    const shown = { device: 'pump-0', reason: 'reports seem to be lost', until: end, actor: 'operator:test-operator' };
    expect([created.status, created.body]).toEqual([201, shown]);
    expect((await api.get(requests)).body.items).toEqual([shown]);
    clock.advance(minute);
    const again = await api.post(requests, { device: 'pump-0', minutes: 60 });
    expect([again.status, again.body['until'], again.body['reason']]).toEqual([201, after(60), undefined]);
    const longEnd = after(60);
    expect((await api.delete(`${requests}/pump-0`, {})).status).toBe(204);
    expect(await api.delete(`${requests}/pump-0`, {})).toMatchObject({
      ...{ status: 404, body: { type: problem('trace-request-not-found') } },
    });
    expect(await api.post(requests, { device: 'pump-0', minutes: 1 })).toMatchObject({ status: 201 });
    const shortEnd = after(1);
    clock.advance(minute);
    expect(await followed()).toEqual([]);
    expect((await api.delete(`${requests}/pump-0`, {})).status).toBe(404);
    clock.advance(60 * minute);
    const registry = new Registry(fixture.database.dataSource, clock, silentLogger);
    expect(await forgetTraceRequests(registry)).toBe(false);
    await states.next(({ headers }) => headers['myelin-version'] === '5');
    const common = { tenant: 'acme', device: 'pump-0' };
    expect(states.all().map(({ key, headers, payload }) => [key, headers['myelin-version'], payload])).toEqual([
      ['acme/pump-0', '1', { ...common, until: end, version: 1 }],
      ['acme/pump-0', '2', { ...common, until: longEnd, version: 2 }],
      ['acme/pump-0', '3', null],
      ['acme/pump-0', '4', { ...common, until: shortEnd, version: 4 }],
      ['acme/pump-0', '5', null],
    ]);
    const deleted = await actions.next(({ payload }) => payload?.action === 'trace-request.delete');
    expect(deleted.payload).toMatchObject({ entity: 'pump-0', actor: 'operator:test-operator' });
    const audit = await api.get('/v1/audit?action=trace-request.create&limit=100');
    expect(audit.body.items).toContainEqual(expect.objectContaining({ entity: 'pump-0', reason: shown.reason }));
  });

  test('is refused with a name beyond 20 of a tenant at once, also when they come together, and changes nothing then', async () => {
    const asked = Array.from({ length: 21 }, (_, nth) => api.post(requests, { device: `pump-${nth}`, minutes: 5 }));
    const answers = await Promise.all(asked);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toMatchObject([{ status: 409, body: { type: problem('trace-request-limit'), maxRequests: 20 } }]);
    expect(await followed()).toHaveLength(20);
    const [device] = (await followed()) as string[];
    expect(await api.post(requests, { device, minutes: 6 })).toMatchObject({ status: 201 }); // none more than before
    clock.advance(6 * minute);
    expect(await followed()).toEqual([]);
    expect(await api.post(requests, { device: 'pump-3' })).toMatchObject({ status: 201 });
  });

  test('says what is wrong with it, is for operators, and is seen by its tenant only', async () => {
    const viewer = await fixture.as('acme', 'viewer');
    expect((await viewer.post(requests, { device: 'pump-1' })).status).toBe(403);
    expect((await viewer.get(requests)).status).toBe(200);
    for (const [body, pointer] of [
      [{ device: 'pump-1', minutes: 61 }, '/minutes'],
      [{ device: 'pump-1', minutes: 0 }, '/minutes'],
      [{ device: 'a b' }, '/device'],
      [{ device: 'pump-1', reason: '' }, '/reason'],
      [{ device: 'nobody' }, '/device'],
    ] as const) {
      const answer = await api.post(requests, body);
      expect([400, 422]).toContain(answer.status);
      expect(answer.body['errors']).toMatchObject([{ pointer }]);
    }
    const other = await fixture.tenant('other');
    expect(await other.post(requests, { device: 'pump-1' })).toMatchObject({ status: 422 });
    expect(await followed(other)).toEqual([]);
  });
});
