import { createServer as createTlsServer } from 'node:https';
import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ManualClock, waitFor } from '@myelin/testing';
import { AddressGuard, type Resolve } from '../src/features/deliver-notifications/address-guard.js';
import { sendWebhook } from '../src/features/deliver-notifications/send-webhook.js';
import type { WebhookBody } from '../src/features/deliver-notifications/webhook-body.js';
import type { TryOutcome } from '../src/domain/notifying/delivery.js';
import { fingerprintOf } from '../src/domain/notifying/labels.js';
import { SigningKeys } from '../src/notifications/signing-keys.js';
import {
  HookServer,
  aDelivery,
  aNotification,
  aWebhookReceiver,
  signingKey,
  signingKeys,
  status,
} from './deliveries-fixture.js';
import { selfSigned } from './self-signed.js';

const clock = new ManualClock();
const loopback = new AddressGuard(['127.0.0.1/32']);

function send(url: string, rest: { guard?: AddressGuard; timeoutMs?: number; key?: string } = {}): Promise<TryOutcome> {
  const signingKeys = SigningKeys.parse(`${rest.key ?? 'acme/main'}=${signingKey}`);
  const settings = { guard: rest.guard ?? loopback, signingKeys, externalUrl: 'https://alarms.example.com', clock };
  return sendWebhook(settings, aWebhookReceiver(url, { timeoutMs: rest.timeoutMs ?? 5_000 }), aDelivery());
}
/** A name of which the answers are given one after the other. */
function answering(...answers: string[]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (hostname) => {
    asked.push(hostname);
    return [{ address: answers[Math.min(asked.length, answers.length) - 1]!, family: 4 }];
  };
  return { resolve, asked };
}

describe('what a webhook receives', () => {
  test('is the body that Alertmanager sends, signed, with an id that stays the same over tries', async () => {
    await using hook = await HookServer.start(status(200));
    expect(await send(hook.url)).toEqual({ kind: 'delivered' });
    clock.advance(60_000);
    expect(await send(hook.url)).toEqual({ kind: 'delivered' });
    const [first, second] = hook.received;
    expect(JSON.parse(first!.body)).toEqual({
      ...{ version: '4', groupKey: '{}:{alertname="Hot"}', truncatedAlerts: 0, status: 'firing', receiver: 'hook' },
      ...{ notification_reason: 'first notification', groupLabels: { alertname: 'Hot' } },
      commonLabels: { alertname: 'Hot', device: 'd-1' },
      commonAnnotations: { summary: 'it is hot' },
      externalURL: 'https://alarms.example.com',
      alerts: [
        {
          ...{ status: 'firing', labels: { alertname: 'Hot', device: 'd-1' }, annotations: { summary: 'it is hot' } },
          ...{ startsAt: '1970-01-01T00:00:00.500Z', endsAt: '0001-01-01T00:00:00Z', generatorURL: '' },
          fingerprint: fingerprintOf({ alertname: 'Hot', device: 'd-1' }),
        },
      ],
    } satisfies WebhookBody);
    for (const { headers, body } of hook.received) {
      const signed = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
      const secret = Buffer.from(signingKey.slice('whsec_'.length), 'base64');
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
    }
    expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
    expect(second!.headers['webhook-timestamp']).not.toBe(first!.headers['webhook-timestamp']);
  });

  test('is cut to as many alerts as it wants, and says how many are missing', async () => {
    await using hook = await HookServer.start(status(200));
    const [alert] = aNotification().alerts;
    const notification = aNotification({ alerts: [alert!, alert!, alert!], truncatedAlerts: 2 });
    const settings = { guard: loopback, signingKeys, externalUrl: '', clock };
    await sendWebhook(settings, aWebhookReceiver(hook.url, { maxAlerts: 1 }), aDelivery({ notification }));
    expect(JSON.parse(hook.received[0]!.body)).toMatchObject({ truncatedAlerts: 4, alerts: { length: 1 } });
  });

  test.each(['acme/other', 'globex/main'])(
    'is nothing as long as its key is not configured: not by %s',
    async (key) => {
      await using hook = await HookServer.start(status(200));
      const outcome = await send(hook.url, { key });
      expect(outcome).toEqual({ kind: 'failed', error: 'its signing key is not configured' });
      expect(hook.received).toEqual([]);
    },
  );
});

describe('what a receiver answers', () => {
  test.each<[number, Record<string, string>, TryOutcome]>([
    [204, {}, { kind: 'delivered' }],
    [500, {}, { kind: 'failed', error: 'status 500' }],
    [503, { 'retry-after': '7' }, { kind: 'failed', error: 'status 503', retryAfterMs: 7_000 }],
    [429, { 'retry-after': 'soon' }, { kind: 'failed', error: 'status 429' }],
    [400, {}, { kind: 'refused', error: 'status 400' }],
    [410, {}, { kind: 'refused', error: 'status 410' }],
    [304, {}, { kind: 'refused', error: 'status 304' }],
    [303, { location: '/other' }, { kind: 'refused', error: 'status 303' }],
  ])('%i %j', async (code, headers, expected) => {
    await using hook = await HookServer.start(status(code, headers));
    expect(await send(hook.url)).toEqual(expected);
  });

  test('a date to come back at is understood', async () => {
    const date = new Date(clock.nowMs() + 90_000).toUTCString();
    await using hook = await HookServer.start(status(429, { 'retry-after': date }));
    expect(await send(hook.url)).toMatchObject({ retryAfterMs: 90_000 });
  });

  test('of an answer of a gigabyte 64 KiB are read, and the connection is closed', async () => {
    let written = 0;
    await using hook = await HookServer.start((response) => {
      response.writeHead(200);
      const block = Buffer.alloc(65_536);
      const pour = (): void => {
        while (written < 2 ** 30 && !response.destroyed) {
          written += block.length;
          if (!response.write(block)) return void response.once('drain', pour);
        }
        response.end();
      };
      pour();
    });
    expect(await send(hook.url)).toEqual({ kind: 'delivered' });
    await waitFor(() => hook.openConnections === 0, { what: 'the connection to be closed' });
    expect(written).toBeLessThan(32 * 2 ** 20);
  });

  test('one that never answers, or stops while it does, is given up in time', async () => {
    await using silent = await HookServer.start(() => undefined);
    await using stalling = await HookServer.start((response) => void response.writeHead(500).write('x'));
    const outcomes = [send(silent.url, { timeoutMs: 150 }), send(stalling.url, { timeoutMs: 150 })];
    expect(await Promise.all(outcomes)).toEqual([
      { kind: 'failed', error: 'delivery.timed-out: no answer in time' },
      { kind: 'failed', error: 'status 500' },
    ]);
    await waitFor(() => silent.openConnections + stalling.openConnections === 0, { what: 'both to be closed' });
  });

  test('one that wants to speak another protocol has not answered', async () => {
    await using switching = await HookServer.start(
      ({ socket }) =>
        void socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    const outcome = await send(switching.url);
    expect(outcome).toEqual({ kind: 'failed', error: 'delivery.connection-failed: closed without an answer' });
    await waitFor(() => switching.openConnections === 0, { what: 'the connection to be closed' });
  });

  test('one that is not there, or breaks off, may be there later', async () => {
    const gone = await HookServer.start(status(200));
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await using breaking = await HookServer.start((response) => void response.socket?.destroy());
    expect(await send(url)).toEqual({ kind: 'failed', error: 'delivery.connection-failed: ECONNREFUSED' });
    expect(await send(breaking.url)).toEqual({ kind: 'failed', error: 'delivery.connection-failed: ECONNRESET' });
  });
});

describe('no policy reaches into the network that the service is in', () => {
  const refusedAddress = {
    kind: 'refused',
    error: 'delivery.address-refused: the address is not one that notifications may go to',
  };

  test('a private address, a name of one, and a redirect to one are refused before a byte is sent', async () => {
    await using hook = await HookServer.start(status(200));
    await using redirecting = await HookServer.start(status(307, { location: `http://127.0.0.2:${hook.port}/` }));
    await using toMetadata = await HookServer.start(status(302, { location: 'http://169.254.169.254/latest' }));
    const strict = new AddressGuard([]);
    expect(await send(hook.url, { guard: strict })).toEqual(refusedAddress);
    expect(await send(`http://localhost:${hook.port}/`, { guard: strict })).toEqual(refusedAddress);
    expect(await send(redirecting.url)).toEqual(refusedAddress);
    expect(await send(toMetadata.url)).toEqual(refusedAddress);
    expect([hook.received.length, redirecting.received.length]).toEqual([0, 1]);
  });

  test('the connection goes to the address that was checked, however the name resolves a moment later', async () => {
    await using hook = await HookServer.start(status(200));
    const { resolve, asked } = answering('127.0.0.1', '10.0.0.1');
    const guard = new AddressGuard(['127.0.0.1/32'], resolve);
    expect(await send(`http://hook.example.com:${hook.port}/`, { guard })).toEqual({ kind: 'delivered' });
    expect(asked).toEqual(['hook.example.com']);
    expect(hook.received[0]!.headers.host).toBe(`hook.example.com:${hook.port}`);
  });

  test('a redirect to the same name is resolved and checked anew', async () => {
    const { resolve, asked } = answering('127.0.0.1', '10.0.0.1');
    const guard = new AddressGuard(['127.0.0.1/32'], resolve);
    await using hook = await HookServer.start((response) => status(308, { location: '/again' })(response));
    expect(await send(`http://hook.example.com:${hook.port}/`, { guard })).toEqual(refusedAddress);
    expect([asked.length, hook.received.length]).toEqual([2, 1]);
  });

  test('three redirects are followed with the same body and id, a fourth is not', async () => {
    await using three = await HookServer.start((response, _request, count) =>
      count <= 3 ? status(307, { location: `/${count}` })(response) : status(200)(response),
    );
    await using four = await HookServer.start((response, _request, count) =>
      status(307, { location: `/${count}` })(response),
    );
    expect(await send(three.url)).toEqual({ kind: 'delivered' });
    expect(new Set(three.received.map(({ headers, body }) => [headers['webhook-id'], body].join(' '))).size).toBe(1);
    expect(await send(four.url)).toMatchObject({
      kind: 'refused',
      error: expect.stringMatching(/^delivery.redirect-refused/),
    });
    expect(four.received.map(({ path }) => path)).toEqual(['/hook', '/1', '/2', '/3']);
  });

  test.each(['ftp://127.0.0.1/', 'http://user:pass@127.0.0.1/', 'http://[', 'file:///etc/passwd'])(
    'a redirect to %s is not followed',
    async (location) => {
      await using hook = await HookServer.start(status(302, { location }));
      expect(await send(hook.url)).toMatchObject({
        kind: 'refused',
        error: expect.stringMatching(/^delivery.url-refused/),
      });
    },
  );

  test('a name that takes too long to resolve is given up in time', async () => {
    const guard = new AddressGuard([], () => new Promise(() => undefined));
    const outcome = await send('http://hook.example.com/', { guard, timeoutMs: 100 });
    expect(outcome).toEqual({ kind: 'failed', error: 'delivery.timed-out: no answer in time' });
  });

  test('TLS asks for and verifies the name, although the address is pinned', async () => {
    const names: string[] = [];
    await using hook = await HookServer.start(status(200), (listener) =>
      createTlsServer({ ...selfSigned, SNICallback: (name, done) => (names.push(name), done(null)) }, listener),
    );
    const guard = new AddressGuard(['127.0.0.1/32'], answering('127.0.0.1').resolve);
    const outcome = await send(`https://hook.example.com:${hook.port}/`, { guard });
    expect(outcome).toMatchObject({ kind: 'failed', error: expect.stringMatching(/^delivery.certificate-invalid/) });
    expect([names, hook.received]).toEqual([['hook.example.com'], []]);
  });
});
