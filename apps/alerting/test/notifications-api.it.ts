import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { inTransaction } from '@myelin/persistence';
import type { ApiClient } from '@myelin/testing';
import { Alerting } from '../src/alerting.js';
import { alertingConfig } from '../src/config.js';
import { silenceLimits } from '../src/domain/notifying/silences.js';
import { PolicyController } from '../src/features/manage-policy/policy.controller.js';
import { SilencesController } from '../src/features/manage-silences/silences.controller.js';
import { ReadNotificationsController } from '../src/features/read-notifications/notifications.controller.js';
import { SendAgainController } from '../src/features/send-again/send-again.controller.js';
import { forgetNotifications } from '../src/features/forget-notifications/forget-notifications.js';
import { NotificationSettings } from '../src/notifications/notification-settings.js';
import { PostgresDeliveryLedger, deliveryIdOf, enqueueDeliveries } from '../src/persistence/deliveries.repository.js';
import { idOf as alarmOf, raised } from './alarms-fixture.js';
import { aNotification, signingKey } from './deliveries-fixture.js';
import { type NotifyingFixture, aPolicyDefinition, useNotifying } from './notifying-fixture.js';
import { type Served, serve } from './serve-fixture.js';

let fixture: NotifyingFixture;
let served: Served;
let api: ApiClient;
beforeAll(async () => {
  fixture = await useNotifying();
  const settings = new NotificationSettings(
    alertingConfig({
      ...{ DATABASE_URL: 'postgres://a@b/c', OIDC_ISSUER: 'http://i' },
      WEBHOOK_SIGNING_KEYS: `acme/main=${signingKey}`,
    }),
  );
  served = await serve(
    [PolicyController, SilencesController, ReadNotificationsController, SendAgainController],
    [
      { provide: Alerting, useValue: fixture.alerting },
      { provide: NotificationSettings, useValue: settings },
    ],
  );
  api = await as('acme', 'operator');
});
afterAll(async () => {
  await served.close();
  await fixture.database.dispose();
});
beforeEach(() => fixture.clear());

const as: Served['as'] = (...who) => served.as(...who);
const problem = (status: number, type: string) => ({ status, body: { type: `urn:myelin:problem:${type}` } });
const faultsOf = ({ body }: { body: { [member: string]: unknown } }): string[] =>
  (body.errors as { pointer: string; detail: string }[]).map(({ pointer, detail }) => `${pointer} ${detail}`);
const nobodys = '0190b6f0-0000-7000-8000-000000000001';

describe('the policy', () => {
  const path = '/v1/notification-policy';

  test('is none, is put, is read as it was put, and changed by who has read it', async () => {
    expect(await api.get(path)).toMatchObject(problem(404, 'notification-policy-not-found'));
    const created = await api.put(path, aPolicyDefinition());
    const now = new Date(fixture.clock.nowMs()).toISOString();
    const view = { ...aPolicyDefinition(), version: 1, updatedAt: now, updatedBy: 'operator:ada' };
    expect(created).toMatchObject({ status: 201, etag: '"1"', body: view });
    expect((await api.get(path)).body).toEqual(view);
    const other = aPolicyDefinition({ groupBy: ['site'] });
    expect(await api.put(path, other)).toMatchObject(problem(428, 'precondition-required'));
    expect(await api.put(path, other, { 'if-match': '"2"' })).toMatchObject(problem(412, 'version-mismatch'));
    expect(await api.put(path, other, { 'if-none-match': '*' })).toMatchObject(problem(412, 'version-mismatch'));
    expect(await api.put(path, other, { 'if-match': '"1"' })).toMatchObject({ status: 200, etag: '"2"' });
  });

  test('put again as it is, it keeps its version', async () => {
    await api.put(path, aPolicyDefinition());
    const { route, receivers } = aPolicyDefinition();
    expect(await api.put(path, { receivers, route })).toMatchObject({ status: 200, etag: '"1"' });
  });

  test('is refused with every fault at its place, and nothing is changed', async () => {
    const body = {
      route: { receiver: 'nobody', groupWaitMs: -1, routes: [{ matchers: [{ name: 'a', operator: '~', value: '' }] }] },
      receivers: [{ name: 'hook', kind: 'pigeon' }],
    };
    const answer = await api.put(path, body);
    expect(answer).toMatchObject(problem(400, 'validation-failed'));
    expect(faultsOf(answer)).toEqual([
      '/receivers/0/kind must be one of webhook, email, alertmanager',
      '/route/receiver is none of the receivers',
      '/route/groupWaitMs must be a whole number from 0 to 3600000',
      '/route/routes/0/matchers/0/operator must be one of = != =~ !~',
    ]);
    for (const none of ['[]', '"x"', 'null']) expect((await api.put(path, none)).status).toBe(400);
    expect((await api.get(path)).status).toBe(404);
  });

  test('is refused where it names a key that is not configured for the tenant, or a mail server that is not there', async () => {
    const receivers = [
      ...aPolicyDefinition().receivers,
      { name: 'other', kind: 'webhook', url: 'https://example.com', signingKeyRef: 'other' },
      { name: 'mail', kind: 'email', to: ['ops@example.com'] },
    ];
    const faults = [
      '/receivers/1/signingKeyRef names no signing key that is configured for the tenant',
      '/receivers/2/kind cannot be used: no mail server is configured',
    ];
    expect(faultsOf(await api.put(path, aPolicyDefinition({}, { receivers })))).toEqual(faults);
    const globex = await as('globex', 'operator');
    expect(faultsOf(await globex.put(path, aPolicyDefinition()))).toEqual([
      '/receivers/0/signingKeyRef names no signing key that is configured for the tenant',
    ]);
  });

  test('is told of a key that is not configured together with all else that is wrong with it', async () => {
    const unknown = { name: 'other', kind: 'webhook', url: 'https://example.com', signingKeyRef: 'other' };
    const receivers = [unknown, { ...unknown, name: 'third', signingKeyRef: 'not a name' }];
    expect(faultsOf(await api.put(path, aPolicyDefinition({}, { receivers })))).toEqual([
      '/receivers/0/signingKeyRef names no signing key that is configured for the tenant',
      '/receivers/1/signingKeyRef may have letters, digits and _ . - only',
      '/route/receiver is none of the receivers',
    ]);
  });

  test('of more than 256 KiB is refused as a whole', async () => {
    const timeIntervals = Array.from({ length: 60 }, (_, index) => ({
      name: `n${index}`,
      intervals: Array.from({ length: 32 }, () => ({ weekdays: Array.from({ length: 32 }, () => 'wednesday') })),
    }));
    const answer = await api.put(path, aPolicyDefinition({}, { timeIntervals }));
    expect(faultsOf(answer)[0]).toMatch(/^ takes \d+ bytes as JSON; 262144 at most$/);
  });

  test('that is nested however deeply is refused, where it is too deep if any body may be as deep', async () => {
    const nested = (levels: number): string =>
      `{"route":${'{"routes":['.repeat(levels)}{}${']}'.repeat(levels)},"receivers":[]}`;
    expect(faultsOf(await api.put(path, nested(20)))).toContain(
      `/route${'/routes/0'.repeat(7)}/routes would be more than 8 levels deep`,
    );
    const { status, body } = await api.put(path, nested(10_000));
    expect([status, body['type']]).toEqual([400, 'urn:myelin:problem:body-too-deep']);
  });

  test('is nothing of another tenant, and not for who may only look', async () => {
    await api.put(path, aPolicyDefinition());
    expect((await (await as('globex', 'admin')).get(path)).status).toBe(404);
    const viewer = await as('acme', 'viewer');
    expect((await viewer.get(path)).status).toBe(200);
    expect((await viewer.put(path, aPolicyDefinition({ groupBy: [] }), { 'if-match': '"1"' })).status).toBe(403);
  });
});

describe('silences', () => {
  const at = (inMs: number): string => new Date(fixture.clock.nowMs() + inMs).toISOString();
  const aSilence = (changes: object = {}) => ({
    matchers: [{ name: 'site', operator: '=', value: 'north' }],
    ...{ endsAt: at(60_000), comment: 'works', ...changes },
  });
  const idsOf = async (query = ''): Promise<unknown[]> =>
    (await api.get(`/v1/silences${query}`)).body.items.map(({ silence }) => silence);

  test('are made in the name of who makes them, listed by state, ended, and stay readable', async () => {
    const created = await api.post('/v1/silences', aSilence());
    const id = created.body.silence as string;
    const view = { ...aSilence(), silence: id, startsAt: at(0), state: 'active', createdBy: 'operator:ada' };
    expect(created).toMatchObject({ status: 201, body: view });
    expect((await api.get(`/v1/silences/${id}`)).body).toEqual(view);
    const pending = (await api.post('/v1/silences', aSilence({ startsAt: at(30_000) }))).body.silence;
    expect(await idsOf()).toEqual([pending, id]);
    expect([await idsOf('?state=pending'), await idsOf('?state=active')]).toEqual([[pending], [id]]);
    expect((await api.delete(`/v1/silences/${id}`)).status).toBe(204);
    expect((await api.delete(`/v1/silences/${id}`)).status).toBe(204);
    expect((await api.get(`/v1/silences/${id}`)).body).toMatchObject({ state: 'expired', endsAt: at(0) });
    expect(await idsOf('?state=expired')).toEqual([id]);
  });

  test('come in pages', async () => {
    const ids: unknown[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await api.post('/v1/silences', aSilence())).body.silence);
    const first = await api.get('/v1/silences?limit=3');
    const second = await api.get(`/v1/silences?limit=3&cursor=${first.body.nextCursor ?? ''}`);
    expect([...first.body.items, ...second.body.items].map(({ silence }) => silence)).toEqual(ids);
    expect(second.body.nextCursor).toBeUndefined();
    expect(await api.get('/v1/silences?cursor=bm8')).toMatchObject(problem(400, 'cursor-invalid'));
    expect(await api.get('/v1/silences?state=quiet')).toMatchObject(problem(400, 'validation-failed'));
  });

  test('are refused with every fault at its place', async () => {
    const answer = await api.post('/v1/silences', { matchers: [{ name: 'a', operator: '=~', value: '(' }], since: 1 });
    expect(answer).toMatchObject(problem(400, 'validation-failed'));
    expect(faultsOf(answer).map((fault) => fault.slice(0, fault.indexOf(' ')))).toEqual([
      ...['/since', '/matchers/0/value', '/comment', '/endsAt'],
    ]);
  });

  test('are at most so many, and their expressions take at most so long; what is over does not count', async () => {
    const row = `SELECT 'acme', gen_random_uuid(), '[]', now(), $1::timestamptz, 'x', 'x'`;
    const fill = (endsAt: string, cost: number, count: number) =>
      fixture.query(
        `INSERT INTO silence (tenant, id, matchers, starts_at, ends_at, created_by, comment, cost)
         ${row}, $2::integer FROM generate_series(1, $3::integer)`,
        [endsAt, cost, count],
      );
    await fill(at(-1), 1_000, silenceLimits.perTenant);
    expect((await api.post('/v1/silences', aSilence())).status).toBe(201);
    await fill(at(60_000), silenceLimits.expressionCost, 1);
    const costly = aSilence({ matchers: [{ name: 'site', operator: '=~', value: 'n.*' }] });
    expect(faultsOf(await api.post('/v1/silences', costly))).toEqual([
      '/matchers has expressions that together with those of other silences would take too long',
    ]);
    await fill(at(60_000), 0, silenceLimits.perTenant - 2);
    const answer = await api.post('/v1/silences', aSilence());
    expect(answer).toMatchObject(problem(409, 'silence-limit'));
    expect(answer.body).toMatchObject({ maxSilences: silenceLimits.perTenant });
  });

  test('are nothing of another tenant, and not made or ended by who may only look', async () => {
    const id = (await api.post('/v1/silences', aSilence())).body.silence as string;
    const other = await as('globex', 'admin');
    expect((await other.get('/v1/silences')).body.items).toEqual([]);
    for (const answer of [await other.get(`/v1/silences/${id}`), await other.delete(`/v1/silences/${id}`)])
      expect(answer).toMatchObject(problem(404, 'silence-not-found'));
    const viewer = await as('acme', 'viewer');
    expect((await viewer.post('/v1/silences', aSilence())).status).toBe(403);
    expect((await viewer.delete(`/v1/silences/${id}`)).status).toBe(403);
    expect((await viewer.get(`/v1/silences/${id}`)).body).toMatchObject({ state: 'active' });
    expect(await api.get('/v1/silences/none')).toMatchObject(problem(400, 'validation-failed'));
  });

  test('are forgotten some time after their end', async () => {
    await api.post('/v1/silences', aSilence());
    fixture.clock.advance(60_000 + 1_000);
    await forgetNotifications(fixture.alerting, 2_000);
    expect(await idsOf()).toHaveLength(1);
    await forgetNotifications(fixture.alerting, 500);
    expect(await idsOf()).toEqual([]);
  });
});

describe('the ledger of notifications', () => {
  const enqueue = (tenant: string, ...sequences: number[]) =>
    inTransaction(fixture.database.dataSource, (tx) =>
      enqueueDeliveries(
        tx,
        tenant,
        sequences.map((sequence) => aNotification({ sequence, atMs: 31_000 + sequence })),
      ),
    );
  const idOf = (sequence: number): string => deliveryIdOf('acme', aNotification({ sequence }));
  const idsOf = async (query = ''): Promise<unknown[]> =>
    (await api.get(`/v1/notifications${query}`)).body.items.map(({ notification }) => notification);
  /** Tries the one that is due. */
  const tried = async (outcome: 'delivered' | 'refused'): Promise<void> => {
    const ledger = new PostgresDeliveryLedger(fixture.database.dataSource);
    const [delivery] = await ledger.claim(60_000, 1);
    const failed = { kind: 'refused', error: 'status 410' } as const;
    if (outcome === 'delivered') await ledger.record(delivery!, { kind: 'delivered' }, { state: 'delivered' });
    else await ledger.record(delivery!, failed, { state: 'parked' });
  };

  test('shows a notification with its alerts and every try', async () => {
    await enqueue('acme', 0, 1);
    await tried('refused');
    const { body } = await api.get(`/v1/notifications/${idOf(0)}`);
    expect(body).toEqual({
      ...{ notification: idOf(0), receiver: 'hook', state: 'parked', status: 'firing', reason: 'first notification' },
      ...{ groupKey: '{}:{alertname="Hot"}', groupLabels: { alertname: 'Hot' }, alertCount: 1, tries: 1 },
      ...{ notifiedAt: '1970-01-01T00:00:31.000Z', endedAt: expect.any(String) },
      alerts: [
        {
          ...{ status: 'firing', labels: { alertname: 'Hot', device: 'd-1' }, annotations: { summary: 'it is hot' } },
          ...{ startsAt: '1970-01-01T00:00:00.500Z', url: '' },
        },
      ],
      attempts: [
        {
          ...{ try: 1, startedAt: expect.any(String), endedAt: expect.any(String) },
          ...{ outcome: 'refused', error: 'status 410' },
        },
      ],
    });
    expect((await api.get(`/v1/notifications/${idOf(1)}`)).body).toMatchObject({
      ...{ state: 'pending', tries: 0, attempts: [], nextTryAt: expect.any(String) },
    });
  });

  test('is listed by state and receiver, the latest first, in pages without a gap', async () => {
    // All at one instant by the clock of the database, and each at its own.
    await enqueue('acme', 0, 1, 2);
    for (const sequence of [3, 4]) await enqueue('acme', sequence);
    await tried('delivered');
    await tried('refused');
    expect([await idsOf('?state=delivered'), await idsOf('?state=parked')]).toEqual([[idOf(0)], [idOf(1)]]);
    expect([(await idsOf('?receiver=hook')).length, await idsOf('?receiver=other')]).toEqual([5, []]);
    const all = await idsOf();
    expect(all.slice(0, 2)).toEqual([idOf(4), idOf(3)]);
    const paged: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await api.get(`/v1/notifications?limit=2${cursor}`);
      paged.push(...body.items.map(({ notification }) => notification));
      if (body.nextCursor === undefined) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(paged).toEqual(all);
    expect(await api.get('/v1/notifications?cursor=W10')).toMatchObject(problem(400, 'cursor-invalid'));
    expect(await api.get('/v1/notifications?state=lost')).toMatchObject(problem(400, 'validation-failed'));
  });

  test('says who was told of an alarm', async () => {
    const [told, untold] = [raised(), raised({ device: 'd-2' })];
    for (const tenant of ['acme', 'globex']) await fixture.apply([told, untold], tenant);
    // The ledger goes by the clock of the database.
    await fixture.query('UPDATE alarm SET raise_noticed_at = now()');
    const [alert] = aNotification().alerts;
    const url = `http://alerting/v1/alarms/${alarmOf(told)}`;
    await inTransaction(fixture.database.dataSource, (tx) =>
      enqueueDeliveries(tx, 'acme', [
        aNotification({ sequence: 0, alerts: [alert!, { ...alert!, generatorUrl: url }] }),
        aNotification({ sequence: 1 }),
      ]),
    );
    expect(await idsOf(`?alarm=${alarmOf(told)}`)).toEqual([idOf(0)]);
    expect(await idsOf(`?alarm=${alarmOf(told)}&state=parked`)).toEqual([]);
    for (const other of [alarmOf(untold), nobodys]) expect(await idsOf(`?alarm=${other}`)).toEqual([]);
    const globex = await as('globex', 'admin');
    expect((await globex.get(`/v1/notifications?alarm=${alarmOf(told)}`)).body.items).toEqual([]);
    expect(await api.get('/v1/notifications?alarm=none')).toMatchObject(problem(400, 'validation-failed'));
  });

  test('has what is parked sent again, and nothing else', async () => {
    const path = `/v1/notifications/${idOf(0)}/send-again`;
    await enqueue('acme', 0);
    expect(await api.post(path, undefined)).toMatchObject(problem(409, 'notification-not-parked'));
    await tried('refused');
    expect(await api.post(path, undefined)).toMatchObject({ status: 200, body: { state: 'pending', tries: 1 } });
    await tried('delivered');
    expect(await api.post(path, undefined)).toMatchObject(problem(409, 'notification-not-parked'));
    const { body } = await api.get(`/v1/notifications/${idOf(0)}`);
    expect((body.attempts as { outcome: string }[]).map(({ outcome }) => outcome)).toEqual(['refused', 'delivered']);
    const unknown = await api.post(`/v1/notifications/${nobodys}/send-again`, undefined);
    expect(unknown).toMatchObject(problem(404, 'notification-not-found'));
  });

  test('is nothing of another tenant, and nothing is sent again by who may only look', async () => {
    await enqueue('acme', 0);
    await tried('refused');
    const other = await as('globex', 'admin');
    expect((await other.get('/v1/notifications')).body.items).toEqual([]);
    const path = `/v1/notifications/${idOf(0)}`;
    for (const answer of [await other.get(path), await other.post(`${path}/send-again`, undefined)])
      expect(answer).toMatchObject(problem(404, 'notification-not-found'));
    const viewer = await as('acme', 'viewer');
    expect((await viewer.post(`${path}/send-again`, undefined)).status).toBe(403);
    expect((await viewer.get(path)).body).toMatchObject({ state: 'parked' });
  });
});
