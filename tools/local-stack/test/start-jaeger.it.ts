import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Jaeger, isJaegerBuilt, startJaeger, tracesUrl } from '../src/index.js';
import { processIdentity } from '../src/processes/identity.js';

const why = isJaegerBuilt()
  ? ''
  : ' (skipped: Jaeger is not built here; npm run jaeger builds it, in about five minutes)';
const traceId = randomBytes(16).toString('hex');

(why === '' ? describe : describe.skip)(`a real Jaeger${why}`, () => {
  let jaeger: Jaeger;
  beforeAll(async () => {
    jaeger = await startJaeger();
  }, 90_000);
  afterAll(() => jaeger.stop());

  test('shows by its query API what came over OTLP, and listens for clients of its own', async () => {
    const sent = await fetch(`${jaeger.otlpUrl}/v1/traces`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(oneSpan()) },
    });
    expect(sent.status).toBe(200);
    expect(await shown(jaeger, traceId)).toContain('"name":"a span"');
    expect(await (await fetch(`${jaeger.queryUrl}/api/v3/services`)).json()).toEqual({ services: ['a service'] });
    const search = { service: 'a service', fromMs: Date.now() - 60_000, toMs: Date.now() + 60_000, traces: 5 };
    expect(await (await fetch(tracesUrl(jaeger.queryUrl, search))).text()).toContain(traceId);
    // Thrift is what the fleet simulator's old clients speak; here only that somebody listens.
    expect((await fetch(jaeger.thriftUrl, { method: 'POST' })).status).toBe(400);
    for (const port of [jaeger.ports.thriftCompact, jaeger.ports.thriftBinary])
      expect(await isTakenUdp(port)).toBe(true);
  }, 60_000);

  test('names a port that is taken, and is gone with all it had when stopped', async () => {
    const { otlpHttp } = jaeger.ports;
    await expect(startJaeger({ ports: { otlpHttp } })).rejects.toMatchObject({
      code: 'local-stack.port-taken',
      details: { port: otlpHttp },
    });
    const other = await startJaeger();
    const pid = other.pid!;
    await other.stop();
    expect(processIdentity(pid)).toBeUndefined();
    await expect(fetch(other.queryUrl)).rejects.toThrow('fetch failed');
  }, 60_000);
});

function oneSpan(): object {
  const endMs = Date.now();
  const [startTimeUnixNano, endTimeUnixNano] = [`${endMs - 5}000000`, `${endMs}000000`];
  const span = { traceId, spanId: randomBytes(8).toString('hex'), name: 'a span', kind: 2 };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'a service' } }] };
  const scopeSpans = [{ scope: { name: 'test' }, spans: [{ ...span, startTimeUnixNano, endTimeUnixNano }] }];
  return { resourceSpans: [{ resource, scopeSpans }] };
}

async function shown({ queryUrl }: Jaeger, id: string): Promise<string> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const response = await fetch(`${queryUrl}/api/v3/traces/${id}`);
    const text = await response.text();
    if (response.ok || Date.now() > deadline) return text;
    await delay(50);
  }
}

function isTakenUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(true));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(false)));
  });
}
