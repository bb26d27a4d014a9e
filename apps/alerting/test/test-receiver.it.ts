import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from '@myelin/observability';
import { type ApiClient, waitFor } from '@myelin/testing';
import { alertingConfig } from '../src/config.js';
import type { WebhookBody } from '../src/features/deliver-notifications/webhook-body.js';
import { ReceiverTests } from '../src/features/test-receiver/receiver-tests.js';
import { TestReceiverController } from '../src/features/test-receiver/test-receiver.controller.js';
import { createNotifying } from '../src/notifying.js';
import { HookServer, signingKey, status } from './deliveries-fixture.js';
import { type MailServer, startMailServer } from './mail-fixture.js';
import { type NotifyingFixture, useNotifying } from './notifying-fixture.js';
import { type Served, serve } from './serve-fixture.js';

const path = '/v1/notification-policy/test';
const lines: string[] = [];
let fixture: NotifyingFixture;
let served: Served;
let api: ApiClient;
let mailServer: MailServer;
let hook: HookServer;
/** What the hook answers. */
let answer: (response: ServerResponse) => void;
beforeAll(async () => {
  fixture = await useNotifying();
  mailServer = await startMailServer();
  hook = await HookServer.start((response) => answer(response));
  const config = alertingConfig({
    ...{ DATABASE_URL: 'postgres://a@b/c', OIDC_ISSUER: 'http://i', NOTIFICATION_ALLOWED_ADDRESSES: '127.0.0.1/32' },
    ...{ WEBHOOK_SIGNING_KEYS: `acme/main=${signingKey},globex/main=${signingKey}`, SMTP_TLS: 'none' },
    ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mailServer.port), SMTP_FROM: 'alarms@example.com' },
  });
  const logger = createLogger({
    service: 'alerting',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const { alerting, database } = fixture;
  // Nothing is started: what goes out is the tests alone.
  const { receiverTests } = createNotifying(config, { alerting, dataSource: database.dataSource, logger });
  served = await serve([TestReceiverController], [{ provide: ReceiverTests, useValue: receiverTests }]);
  api = await served.as('acme', 'operator');
}, 60_000);
afterAll(async () => {
  await served.close();
  await hook[Symbol.asyncDispose]();
  await mailServer[Symbol.asyncDispose]();
  await fixture.database.dispose();
});
beforeEach(async () => {
  await fixture.clear();
  hook.received.length = 0;
  answer = status(200);
});

const aPolicy = () => ({
  route: { receiver: 'hook' },
  receivers: [
    { name: 'hook', kind: 'webhook', url: `${hook.url}?token=in-the-url-42`, signingKeyRef: 'main', timeoutMs: 30_000 },
    { name: 'inside', kind: 'webhook', url: `http://127.0.0.2:${hook.port}/`, signingKeyRef: 'main' },
    { name: 'keyless', kind: 'webhook', url: hook.url, signingKeyRef: 'gone' },
    { name: 'prometheus', kind: 'alertmanager', url: `http://127.0.0.1:${hook.port}`, timeoutMs: 30_000 },
    { name: 'mail', kind: 'email', to: ['duty@example.com'] },
  ],
});
const problem = (code: number, type: string) => ({ status: code, body: { type: `urn:myelin:problem:${type}` } });
const summary = 'This is a test of the receiver hook that operator:ada asked for; nothing has happened';

describe('a test of a receiver', () => {
  test('reaches a webhook as a signed notification that says what it is, and answers that it was delivered', async () => {
    await fixture.putPolicy(aPolicy());
    const { status: code, body } = await api.post(path, { receiver: 'hook' });
    const view = { notification: expect.any(String), receiver: 'hook', kind: 'webhook', outcome: 'delivered' };
    expect([code, body]).toEqual([200, view]);
    const [got] = hook.received;
    expect(JSON.parse(got!.body) as WebhookBody).toMatchObject({
      ...{ status: 'firing', receiver: 'hook', groupLabels: { alertname: 'ReceiverTest' } },
      commonLabels: { alertname: 'ReceiverTest', severity: 'info', tenant: 'acme', test: 'true' },
      ...{ commonAnnotations: { summary }, alerts: [{ startsAt: new Date(fixture.clock.nowMs()).toISOString() }] },
    });
    expect(got!.headers['webhook-id']).toBe(body.notification);
    const signed = [got!.headers['webhook-id'], got!.headers['webhook-timestamp'], got!.body].join('.');
    const key = Buffer.from(signingKey.slice('whsec_'.length), 'base64');
    const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    expect(got!.headers['webhook-signature']).toBe(signature);
  });

  test('reaches a mailbox and an Alertmanager by the way of their kind', async () => {
    await fixture.putPolicy(aPolicy());
    expect((await api.post(path, { receiver: 'mail' })).body).toMatchObject({ kind: 'email', outcome: 'delivered' });
    expect(mailServer.mails[0]?.to).toEqual(['duty@example.com']);
    expect(mailServer.mails[0]?.content).toMatch(/^Subject: \[FIRING:1\] ReceiverTest\r$/m);
    const told = await api.post(path, { receiver: 'prometheus' });
    expect(told.body).toMatchObject({ kind: 'alertmanager', outcome: 'delivered' });
    expect(hook.received.map((got) => got.path)).toEqual(['/api/v2/alerts']);
  });

  test('answers why it was not delivered, is tried once, and is not in the ledger', async () => {
    await fixture.putPolicy(aPolicy());
    answer = status(503);
    const failed = { status: 200, body: { outcome: 'failed', error: 'status 503' } };
    expect(await api.post(path, { receiver: 'hook' })).toMatchObject(failed);
    answer = status(410);
    const refused = { outcome: 'refused', error: 'status 410' };
    expect((await api.post(path, { receiver: 'hook' })).body).toMatchObject(refused);
    const keyless = { outcome: 'failed', error: 'its signing key is not configured' };
    expect((await api.post(path, { receiver: 'keyless' })).body).toMatchObject(keyless);
    expect(hook.received).toHaveLength(2);
    expect(await fixture.told()).toEqual([]);
  });

  test('goes to no address that notifications may not go to', async () => {
    await fixture.putPolicy(aPolicy());
    const { body } = await api.post(path, { receiver: 'inside' });
    expect(body).toMatchObject({ outcome: 'refused', error: expect.stringContaining('delivery.address-refused') });
    expect(hook.received).toEqual([]);
  });

  test('is one at a time of a tenant; another tenant does not wait for it, and the next one may follow', async () => {
    await fixture.putPolicy(aPolicy());
    await fixture.putPolicy(aPolicy(), 'globex');
    let release = (): void => undefined;
    answer = (response) => void (release = () => void response.writeHead(200).end());
    const first = api.post(path, { receiver: 'hook' });
    await waitFor(() => hook.received.length === 1, { what: 'the first test' });
    const second = await (await served.as('acme', 'admin')).post(path, { receiver: 'mail' });
    expect(second).toMatchObject(problem(429, 'receiver-test-limit'));
    const other = await (await served.as('globex', 'operator')).post(path, { receiver: 'mail' });
    expect(other.body).toMatchObject({ outcome: 'delivered' });
    release();
    expect((await first).body).toMatchObject({ outcome: 'delivered' });
    expect((await api.post(path, { receiver: 'mail' })).body).toMatchObject({ outcome: 'delivered' });
  });

  test('is one of four in a process, however many tenants ask', async () => {
    const tenants = ['t1', 't2', 't3', 't4', 't5'];
    for (const tenant of tenants) await fixture.putPolicy(aPolicy(), tenant);
    const held: ServerResponse[] = [];
    answer = (response) => void held.push(response);
    const ask = async (tenant: string) => (await served.as(tenant, 'operator')).post(path, { receiver: 'prometheus' });
    const underWay = tenants.slice(0, 4).map(ask);
    await waitFor(() => held.length === 4, { what: 'four tests under way' });
    expect(await ask('t5')).toMatchObject(problem(429, 'receiver-test-limit'));
    for (const response of held) response.writeHead(200).end();
    for (const { body } of await Promise.all(underWay)) expect(body).toMatchObject({ outcome: 'delivered' });
  });

  test('is refused where there is no policy, no such receiver, or no right to change the policy', async () => {
    expect(await api.post(path, { receiver: 'hook' })).toMatchObject(problem(404, 'notification-policy-not-found'));
    await fixture.putPolicy(aPolicy());
    const unknown = await api.post(path, { receiver: 'nobody' });
    expect(unknown).toMatchObject(problem(400, 'validation-failed'));
    const fault = { pointer: '/receiver', detail: 'is none of the receivers of the policy' };
    expect(unknown.body.errors).toEqual([fault]);
    for (const body of [{}, { receiver: 1 }, { receiver: 'hook', url: hook.url }])
      expect(await api.post(path, body)).toMatchObject(problem(400, 'validation-failed'));
    const viewer = await served.as('acme', 'viewer');
    expect((await viewer.post(path, { receiver: 'hook' })).status).toBe(403);
    expect((await served.nobody().post(path, { receiver: 'hook' })).status).toBe(401);
    const globex = await served.as('globex', 'admin');
    expect((await globex.post(path, { receiver: 'hook' })).status).toBe(404);
    expect(hook.received).toEqual([]);
  });

  test('is in the log with who asked for it, and without secrets', async () => {
    await fixture.putPolicy(aPolicy());
    lines.length = 0;
    await api.post(path, { receiver: 'hook' });
    const [line = '{}'] = lines;
    expect(JSON.parse(line)).toMatchObject({ tenant: 'acme', receiver: 'hook', actor: 'operator:ada' });
    expect(lines.join('')).not.toContain('in-the-url-42');
    expect(lines.join('')).not.toContain(signingKey.slice(6, 20));
  });
});
