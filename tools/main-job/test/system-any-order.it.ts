import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { OperatorClient } from '@myelin/fleet-simulator';
import { waitFor } from '@myelin/testing';
import fc from 'fast-check';
import type { ServiceName } from '../src/services.js';
import { type System, startSystem } from '../src/system.js';
import { type Sent, expectedDevice, seenDevice } from './device-model.fixture.js';

/** Short histories; more of them with MYELIN_HISTORIES. */
const histories = Number(process.env['MYELIN_HISTORIES'] ?? 5);
const tenant = 'histories';
const dayMs = 86_400_000;
const nowMs = Math.floor(Date.now() / 1_000) * 1_000;

let system: System;
let registry: OperatorClient;
let telemetry: OperatorClient;

beforeAll(async () => {
  const telemetryEnv = { KAFKA_SESSION_TIMEOUT: '6s', ROLLUP_INTERVAL: '500ms', ROLLUP_GRACE: '0s', LOG_LEVEL: 'warn' };
  system = await startSystem({
    ...{ freePorts: true, env: process.env, progress: () => undefined, onUnexpectedExit: () => undefined },
    instances: { alerting: 0, 'firmware-rollout': 0 },
    serviceEnv: { telemetry: telemetryEnv },
  });
  const client = (service: ServiceName) =>
    new OperatorClient(system.url(service), () => system.stack.operatorToken(tenant));
  [registry, telemetry] = [client('device-registry'), client('telemetry')];
  const limits = { maxDevices: 100_000, messagesPerSecond: 100_000, messagesPerSecondPerDevice: 2_000 };
  const body = { tenant, displayName: 'Histories', timeZone: 'UTC', limits };
  await registry.expect([201], 'POST', '/v1/tenants', { body });
  await registry.expect([200, 201], 'PUT', '/v1/profiles/sensor', {
    headers: { 'if-none-match': '*' },
    body: {
      expectedReportIntervalMs: 60_000,
      metrics: { t: { kind: 'number' }, h: { kind: 'number' }, on: { kind: 'boolean' } },
      ...{ unknownMetrics: 'refuse', retentionClass: 'standard', autoActivate: true, metadata: {} },
    },
  });
}, 180_000);
afterAll(async () => {
  await Promise.all([registry, telemetry].map((client) => client.close()));
  await system.stop();
}, 60_000);

/** Few times, sequence numbers and values, so that copies and conflicts are the rule. */
const measurement = fc.record(
  {
    ts: fc.constantFrom(nowMs, nowMs - 1, nowMs - 3_600_000, nowMs - dayMs, nowMs - 5 * dayMs),
    boot: fc.constantFrom('a', 'b'),
    seq: fc.constantFrom(0, 1, 2),
    values: fc.constantFrom<Sent['values']>({ t: 1 }, { t: 2.5 }, { t: 1, h: 5 }, { h: 6, on: true }, { on: false }),
  },
  { requiredKeys: ['ts', 'values'] },
);

type Restart = 'none' | 'telemetry stopped' | 'telemetry killed' | 'gateway stopped' | 'gateway killed';
const restart = fc.constantFrom<Restart>('telemetry stopped', 'telemetry killed', 'gateway stopped', 'gateway killed');

/** What two devices send: measurements and copies of them in any order, cut into reports, with restarts between some. */
const history = fc
  .array(fc.tuple(fc.nat(1), measurement, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 20 })
  .chain((all) => {
    const sent = all.flatMap(([device, { boot, seq, ...one }, copies]) => {
      const numbered = { ...(boot !== undefined && { boot, ...(seq !== undefined && { seq }) }) };
      return Array.from({ length: copies }, (): Sent & { device: number } => ({ device, ...one, ...numbered }));
    });
    return fc.record({
      sent: fc.shuffledSubarray(sent, { minLength: sent.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: sent.length, maxLength: sent.length }),
      restarts: fc.array(fc.tuple(fc.nat(sent.length - 1), restart), { maxLength: 2 }),
    });
  });

interface Account {
  readonly device: string;
  readonly authorization: string;
}

async function register(run: number): Promise<Account[]> {
  const lines = [0, 1].map((at) => JSON.stringify({ device: `d${run}-${at}`, profile: 'sensor', credential: true }));
  const { text } = await registry.expect([200], 'POST', '/v1/device-imports', {
    ...{ text: `${lines.join('\n')}\n`, headers: { 'content-type': 'application/x-ndjson' } },
  });
  const results = text.split('\n').filter((line) => line.includes('"credential"'));
  return results.map((line) => {
    const result = JSON.parse(line) as { device: string; credential: { credentialId: string; secret: string } };
    const { device, credential } = result;
    return { device, authorization: `Bearer ${credential.credentialId}.${credential.secret}` };
  });
}

/** Until it is acknowledged. A device that the gateway does not know yet is refused, and nothing of it taken. */
async function send({ authorization }: Account, body: readonly object[]): Promise<void> {
  for (;;) {
    const headers = { authorization, 'content-type': 'application/json' };
    const url = `${system.url('ingest-gateway')}/v1/telemetry`;
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (response.status === 202) return;
    if (response.status !== 401) throw new Error(`${response.status} ${text}`);
    await delay(50);
  }
}

/** Whatever telemetry is at then: what it had is stored, or read again by who comes after it. */
async function restarted(how: Restart): Promise<void> {
  const [name, end] = how.split(' ');
  const service = system.services.get(name === 'gateway' ? 'ingest-gateway' : 'telemetry');
  const before = service?.restarts ?? 0;
  service?.kill(end === 'killed' ? 'SIGKILL' : 'SIGTERM');
  await waitFor(() => (service?.restarts ?? 0) > before, {
    timeoutMs: 30_000,
    what: () => `${name} to be started again`,
  });
  // Devices wait for a gateway; nobody waits for telemetry.
  if (name === 'gateway') await service?.ready(30_000);
}

async function deliver(accounts: readonly Account[], { sent, sizes, restarts }: History): Promise<void> {
  let at = 0;
  for (let report = 0; at < sent.length; report++) {
    const some = sent.slice(at, at + (sizes[report] ?? 1));
    for (const [device, account] of accounts.entries()) {
      const body = some.filter((one) => one.device === device).map(({ device: _, ...one }) => one);
      if (body.length > 0) await send(account, body);
    }
    for (const [place, how] of restarts) if (place >= at && place < at + some.length) await restarted(how);
    at += some.length;
  }
}

type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

describe('what devices sent over HTTP, through Kafka', () => {
  test('is stored, shown, aggregated and counted the same in any order, with any copies, batches and restarts', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(history, async (one) => {
        const accounts = await register(++run);
        await deliver(accounts, one);
        await Promise.all([...system.services.values()].map((service) => service.ready(60_000)));
        for (const [device, { device: name }] of accounts.entries()) {
          const sent = one.sent.filter((measured) => measured.device === device);
          if (sent.length === 0) continue;
          const seen = await waitFor(
            async () => {
              const found = await seenDevice(telemetry, name, { fromMs: nowMs - 7 * dayMs, toMs: nowMs + dayMs });
              return found.accounted === sent.length ? found : undefined;
            },
            { timeoutMs: 60_000, what: () => `all that ${name} sent` },
          );
          expect(seen).toEqual({ ...expectedDevice(sent, seen.rows), accounted: sent.length });
        }
      }),
      { numRuns: histories },
    );
  }, 600_000);
});
