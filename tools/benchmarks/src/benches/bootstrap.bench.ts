import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess, System } from '@myelin/main-job';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import { pidOf } from '../harness/servers.js';

const tenant = 'acme';
const profile = 'thermometer';
/** Of the 100,000 lines that one import may have: the answer is held in memory here. */
const linesPerImport = 20_000;
const pageBytes = 4_096;

/** A large fleet: how fast it is registered, and what a gateway that starts afterwards makes of it. */
export const bootstrapBench: Bench = {
  name: 'bootstrap',
  summary: '100,000 devices (--devices 1000000 for more): import rate, restart of a gateway, memory per device',
  rounds: 1,
  warmUps: 0,
  options: { devices: { type: 'string', default: '100000' } },
  async run(lab) {
    const devices = Number(lab.options['devices']);
    const system = await lab.servers.system();
    const registry = await registryOf(system);
    await registry.prepare();
    const gateway = system.services.get('ingest-gateway') as ServiceProcess;
    const emptyBytes = residentBytes(pidOf('ingest-gateway', gateway.pid));
    await importAll(lab, system, registry, devices);
    const publishedMs = await untilPublished(gateway, registry);
    const knownMs = await restart(gateway);
    const fullBytes = residentBytes(pidOf('ingest-gateway', gateway.pid));
    return [
      { id: 'bootstrap.published-after', value: publishedMs, unit: 'ms' },
      { id: 'bootstrap.restart', value: knownMs, unit: 'ms' },
      { id: 'bootstrap.memory', value: (fullBytes - emptyBytes) / devices, unit: 'bytes/device' },
      { id: 'bootstrap.gateway-empty', value: emptyBytes / 2 ** 20, unit: 'MB' },
      { id: 'bootstrap.gateway-full', value: fullBytes / 2 ** 20, unit: 'MB' },
    ];
  },
};

interface Registry {
  prepare(): Promise<void>;
  /** Returns the credential of the last device, as `Authorization`. */
  import(first: number, count: number): Promise<{ created: number; authorization: string }>;
  lastAuthorization(): string;
}

async function importAll(lab: Lab, system: System, registry: Registry, devices: number): Promise<void> {
  await lab.interleave([
    {
      name: 'import',
      processes: () => ({
        'device-registry': pidOf('device-registry', system.services.get('device-registry')?.pid),
        'ingest-gateway': pidOf('ingest-gateway', system.services.get('ingest-gateway')?.pid),
        postgres: system.stack.parts.postgres?.pid,
        kafka: system.stack.parts.kafka?.nodes[0]?.pid,
      }),
      run: async () => {
        let created = 0;
        for (let first = 0; first < devices; first += linesPerImport) {
          created += (await registry.import(first, Math.min(linesPerImport, devices - first))).created;
          lab.say(`${created} devices`);
        }
        return { messages: created, lost: devices - created };
      },
    },
  ]);
}

async function registryOf(system: System): Promise<Registry> {
  const token = await system.stack.operatorToken(tenant);
  let authorization = '';
  const send = async (method: string, path: string, body: string, headers: Record<string, string>): Promise<string> => {
    const response = await fetch(`${system.url('device-registry')}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    });
    const text = await response.text();
    if (response.ok) return text;
    throw BenchmarksError.permanent(
      'benchmarks.run-failed',
      `${method} ${path}: ${response.status} ${text.slice(0, 300)}`,
    );
  };
  return {
    prepare: async () => {
      const limits = { maxDevices: 2_000_000, messagesPerSecond: 1_000_000, messagesPerSecondPerDevice: 2_000 };
      const created = { tenant, displayName: tenant, timeZone: 'UTC', limits };
      await send('POST', '/v1/tenants', JSON.stringify(created), {});
      const metrics = { temperature: { kind: 'number' } };
      const policy = { retentionClass: 'standard', autoActivate: true, unknownMetrics: 'keep', metadata: {} };
      const body = JSON.stringify({ expectedReportIntervalMs: 60_000, metrics, ...policy });
      await send('PUT', `/v1/profiles/${profile}`, body, { 'if-none-match': '*' });
    },
    import: async (first, count) => {
      const lines = Array.from({ length: count }, (_, nth) => {
        const device = `device-${String(first + nth).padStart(7, '0')}`;
        return JSON.stringify({ device, profile, labels: { fleet: 'benchmark' }, credential: true });
      });
      const ndjson = { 'content-type': 'application/x-ndjson' };
      const text = await send('POST', '/v1/device-imports', `${lines.join('\n')}\n`, ndjson);
      const answers = text.trimEnd().split('\n');
      const last = JSON.parse(answers.at(-2) ?? '{}') as { credential?: { credentialId: string; secret: string } };
      const done = JSON.parse(answers.at(-1) ?? '{}') as { created?: number };
      authorization = `Bearer ${last.credential?.credentialId ?? ''}.${last.credential?.secret ?? ''}`;
      return { created: done.created ?? 0, authorization };
    },
    lastAuthorization: () => authorization,
  };
}

/** Until the gateway lets the device in that was imported last. */
async function untilPublished(gateway: ServiceProcess, registry: Registry): Promise<number> {
  const startedAt = performance.now();
  for (const end = Date.now() + 1_800_000; Date.now() < end; await delay(100)) {
    const response = await fetch(`${gateway.url}/v1/telemetry`, {
      method: 'POST',
      body: JSON.stringify({ values: { temperature: 1 } }),
      headers: { authorization: registry.lastAuthorization(), 'content-type': 'application/json' },
    });
    await response.arrayBuffer();
    if (response.status === 202) return performance.now() - startedAt;
  }
  throw BenchmarksError.permanent('benchmarks.run-failed', 'the gateway does not know the last device');
}

/** From the end of the old process; ready means that it has read every table to its end. */
async function restart(gateway: ServiceProcess): Promise<number> {
  const { restarts } = gateway;
  gateway.kill('SIGKILL');
  const startedAt = performance.now();
  while (gateway.restarts === restarts) await delay(5);
  await gateway.ready(600_000);
  return performance.now() - startedAt;
}

function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;
}
