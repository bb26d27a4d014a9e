import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { deviceStateV1, measurementReportedV1, profileStateV1 } from '@myelin/contracts';
import { type RecordPublisher, createRecordPublisher, encodeEvent } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { type ApiClient, aDeviceState, aMeasurement, aProfile, waitFor } from '@myelin/testing';
import type { WebhookBody } from '../src/features/deliver-notifications/webhook-body.js';
import { type AlertingFixture, aRuleBody, startFixture } from './alerting-fixture.js';
import { HookServer, type Received, signingKey, status } from './deliveries-fixture.js';
import { type MailServer, startMailServer } from './mail-fixture.js';

let fixture: AlertingFixture;
let publisher: RecordPublisher;
let mailServer: MailServer;
let hook: HookServer;
/** What the hook answers. */
let answer = 200;
const tenants = ['acme', 'globex'];

beforeAll(async () => {
  mailServer = await startMailServer();
  hook = await HookServer.start((response) => status(answer)(response));
  fixture = await startFixture({
    ...{ FOLLOW_INTERVAL: '20ms', DISPATCH_INTERVAL: '20ms', DELIVERY_INTERVAL: '20ms' },
    WEBHOOK_SIGNING_KEYS: tenants.map((tenant) => `${tenant}/main=${signingKey}`).join(','),
    ...{ NOTIFICATION_ALLOWED_ADDRESSES: '127.0.0.1/32', EXTERNAL_URL: 'https://alarms.example.com/' },
    ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mailServer.port), SMTP_TLS: 'none' },
    SMTP_FROM: 'alarms@example.com',
  });
  publisher = createRecordPublisher(fixture.kafka.settings, silentLogger);
  await publisher.connect();
  for (const tenant of tenants) {
    const payload = aProfile({ tenant });
    const profile = { contract: profileStateV1, key: `${tenant}/thermometer`, payload, version: 1 };
    const device = { contract: deviceStateV1, key: `${tenant}/oven`, version: 1 };
    const oven = { ...device, payload: aDeviceState({ tenant, device: 'oven', version: 1 }) };
    await publisher.send([encodeEvent(profile, '/registry/test'), encodeEvent(oven, '/registry/test')]);
  }
}, 90_000);
afterAll(async () => {
  await publisher.close();
  await fixture.dispose();
  await hook[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
}, 60_000);
beforeEach(() => {
  hook.received.length = 0;
  answer = 200;
});

const report = (tenant: string, temperature: number) => {
  const payload = aMeasurement({ values: { temperature } });
  const headers = { 'myelin-device-index': '1', 'myelin-retention-class': 'standard', 'myelin-profile': 'thermometer' };
  const event = { contract: measurementReportedV1, key: `${tenant}/oven`, payload, headers };
  return publisher.send([encodeEvent(event, '/gateways/test')]);
};
/** Everything is told at once, and alarms of each rule apart. */
const aPolicy = (rest: object = {}) => ({
  route: { receiver: 'hook', groupBy: ['rule'], groupWaitMs: 0, groupIntervalMs: 1_000, repeatIntervalMs: 3_600_000 },
  receivers: [{ name: 'hook', kind: 'webhook', url: hook.url, signingKeyRef: 'main' }],
  ...rest,
});
const put = async (api: ApiClient, policy: object): Promise<void> => {
  const { etag } = await api.get('/v1/notification-policy');
  const answered = await api.put('/v1/notification-policy', policy, etag === '' ? {} : { 'if-match': etag });
  expect([200, 201]).toContain(answered.status);
};
const bodyOf = ({ body }: Received): WebhookBody => JSON.parse(body) as WebhookBody;
const toldOf = (rule: string): WebhookBody[] =>
  hook.received.map(bodyOf).filter(({ alerts }) => alerts[0]?.labels.rule === rule);

/** Puts a rule and lets the oven of a tenant be too hot until its alarm is there. */
async function raiseBy(api: ApiClient, tenant: string, rule: string): Promise<void> {
  const annotations = { summary: '{{ device.id }} is too hot' };
  expect((await api.put(`/v1/rules/${rule}`, aRuleBody({ annotations }))).status).toBe(201);
  const isRaised = async (): Promise<boolean> => {
    await report(tenant, 90);
    return (await api.get(`/v1/alarms?rule=${rule}&state=active`)).body.items.length > 0;
  };
  await waitFor(isRaised, { what: 'the alarm', timeoutMs: 30_000, intervalMs: 100 });
}

describe('an alarm of the running service', () => {
  test('is told by one signed webhook, and by another one when it is over', async () => {
    const api = await fixture.as('acme');
    await put(api, aPolicy());
    await raiseBy(api, 'acme', 'told');
    await waitFor(() => toldOf('told').length > 0, { what: 'the webhook', timeoutMs: 30_000 });
    const [body] = toldOf('told');
    expect(body).toMatchObject({
      ...{ version: '4', status: 'firing', receiver: 'hook', groupLabels: { rule: 'told' } },
      externalURL: 'https://alarms.example.com',
      alerts: [{ labels: { device: 'oven', severity: 'major' }, annotations: { summary: 'oven is too hot' } }],
    });
    await report('acme', 20);
    await waitFor(() => toldOf('told').length > 1, { what: 'its end', timeoutMs: 30_000 });
    expect(toldOf('told').map(({ status: is }) => is)).toEqual(['firing', 'resolved']);
    const [alarm] = (await api.get('/v1/alarms?rule=told')).body.items;
    expect(body?.alerts[0]?.generatorURL).toBe(`https://alarms.example.com/v1/alarms/${String(alarm?.alarm)}`);
    for (const { headers, body: text } of hook.received) {
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], text].join('.');
      const secret = Buffer.from(signingKey.slice('whsec_'.length), 'base64');
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
    }
    const ids = hook.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    const delivered = async (): Promise<unknown[]> =>
      (await api.get('/v1/notifications?state=delivered')).body.items.map(({ notification }) => notification);
    // Written down a moment after the receiver has it.
    await waitFor(async () => (await delivered()).length >= ids.length, { what: 'the ledger', timeoutMs: 30_000 });
    expect(await delivered()).toEqual(ids.toReversed());
  }, 90_000);

  test('is told its own tenant only', async () => {
    const [acme, globex] = await Promise.all([fixture.as('acme'), fixture.as('globex')]);
    await put(acme, aPolicy());
    await put(globex, aPolicy());
    await raiseBy(globex, 'globex', 'theirs');
    await waitFor(() => toldOf('theirs').length > 0, { what: 'the webhook', timeoutMs: 30_000 });
    expect(hook.received.map(bodyOf).map(({ alerts }) => alerts[0]?.labels.tenant)).toEqual(['globex']);
    expect((await globex.get('/v1/notifications')).body.items).toHaveLength(1);
  }, 90_000);

  test('is not told while a silence mutes it, and when that has ended, it is', async () => {
    const api = await fixture.as('acme');
    await put(api, aPolicy());
    const silence = await api.post('/v1/silences', {
      matchers: [{ name: 'rule', operator: '=', value: 'muted' }],
      ...{ endsAt: new Date(Date.now() + 3_600_000).toISOString(), comment: 'works' },
    });
    expect(silence.status).toBe(201);
    await raiseBy(api, 'acme', 'muted');
    await raiseBy(api, 'acme', 'heard');
    await waitFor(() => toldOf('heard').length > 0, { what: 'the other alarm', timeoutMs: 30_000 });
    expect(toldOf('muted')).toEqual([]);
    expect((await api.delete(`/v1/silences/${String(silence.body.silence)}`)).status).toBe(204);
    await waitFor(() => toldOf('muted').length > 0, { what: 'the alarm', timeoutMs: 30_000 });
  }, 90_000);

  test('waits parked where its receiver wants it no more, and is sent again by command', async () => {
    const api = await fixture.as('acme');
    await put(api, aPolicy());
    answer = 410;
    await raiseBy(api, 'acme', 'parked');
    const parked = async () =>
      (await api.get('/v1/notifications?state=parked')).body.items.find(({ groupKey }) =>
        String(groupKey).includes('rule="parked"'),
      );
    const { notification } = await waitFor(parked, { what: 'the parked one', timeoutMs: 30_000 });
    const path = `/v1/notifications/${String(notification)}`;
    expect((await api.get(path)).body.attempts).toMatchObject([{ outcome: 'refused', error: 'status 410' }]);
    answer = 200;
    expect((await api.post(`${path}/send-again`, undefined)).status).toBe(200);
    const isDelivered = async (): Promise<boolean> => (await api.get(path)).body.state === 'delivered';
    await waitFor(isDelivered, { what: 'it to be delivered', timeoutMs: 30_000 });
    const ids = hook.received.filter((each) => bodyOf(each).alerts[0]?.labels.rule === 'parked');
    expect(ids.map(({ headers }) => headers['webhook-id'])).toEqual([notification, notification]);
  }, 90_000);

  test('comes by e-mail where the policy says so', async () => {
    const api = await fixture.as('globex');
    const receivers = [{ name: 'hook', kind: 'email', to: ['duty@example.com'] }];
    await put(api, aPolicy({ receivers }));
    await raiseBy(api, 'globex', 'mailed');
    await waitFor(() => mailServer.mails.length > 0, { what: 'the mail', timeoutMs: 30_000 });
    expect(mailServer.mails[0]).toMatchObject({ from: 'alarms@example.com', to: ['duty@example.com'] });
    expect(mailServer.mails.map(({ content }) => content).join()).toContain('oven is too hot');
  }, 90_000);
});
