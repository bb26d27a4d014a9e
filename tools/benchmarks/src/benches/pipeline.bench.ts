import { setTimeout as delay } from 'node:timers/promises';
import { OperatorClient, type StoreStatistics } from '@myelin/fleet-simulator';
import type { System } from '@myelin/main-job';
import type { Bench, Lab } from '../harness/bench.js';
import { BenchmarksError } from '../harness/benchmarks.errors.js';
import type { Figure } from '../harness/report.js';
import type { Contestant, Summary } from '../harness/rounds.js';
import { median, pairedRatio, quantile } from '../harness/statistics.js';
import type { HttpLoad, HttpLoadOutcome } from '../programs/http-load.js';
import { probe } from '../programs/query-probe.js';
import { benchTenant, deviceNamed, registerDevices } from '../registered-devices.js';

const points = 3;
const batch = 10;
const ourProcesses = ['ingest-gateway', 'telemetry', 'device-registry', 'kafka', 'postgres'];
const textbookProcesses = ['textbook', 'kafka', 'postgres'];

/** T11, T12, T13: from a device's request to a stored row, everything on one machine. */
export const pipelineBench: Bench = {
  name: 'pipeline',
  summary: 'HTTP to stored rows, all in one, against the textbook stack; publish to queryable',
  goals: ['T11', 'T12', 'T13', 'T13.lost', 'T13.doubled'],
  rounds: 5,
  options: {
    messages: { type: 'string', default: '200000' },
    'textbook-messages': { type: 'string', default: '5000' },
    connections: { type: 'string', default: '100' },
    'for-seconds': { type: 'string', default: '30' },
  },
  async run(lab) {
    const messages = Number(lab.options['messages']);
    const stand = await openStand(lab, Number(lab.options['connections']));
    const found = await lab.interleave([
      await textbook(lab, stand, Number(lab.options['textbook-messages'])),
      ours(stand, 'batches-of-10', { requests: messages / batch, measurementsPerRequest: batch }),
      ours(stand, 'singles', { requests: messages / batch, measurementsPerRequest: 1 }),
    ]);
    const [anchor, batches, singles] = found as [Summary, Summary, Summary];
    const anchorUs = anchor.cpuUs(...textbookProcesses);
    const rateOf = (summary: Summary): number => 2e6 / median(summary.cpuUs(...ourProcesses));
    const rate = rateOf(batches);
    return [
      { id: 'T11', value: pairedRatio(anchorUs, batches.cpuUs(...ourProcesses)), unit: 'ratio' },
      { id: 'T12', value: rate, unit: 'msg/s' },
      { id: 'pipeline.singles.ratio', value: pairedRatio(anchorUs, singles.cpuUs(...ourProcesses)), unit: 'ratio' },
      { id: 'pipeline.singles.on-2-cores', value: rateOf(singles), unit: 'msg/s' },
      ...(await queryable(lab, stand, rate / 2)),
    ];
  },
};

interface Stand {
  readonly system: System;
  /** Stored measurements, copies and conflicts of the tenant. */
  readonly statistics: () => Promise<StoreStatistics>;
  /** The last device is the probe's. */
  readonly devices: readonly string[];
  readonly loadPid: number;
  readonly servers: () => Readonly<Record<string, number | undefined>>;
  readonly send: (load: Partial<HttpLoad> & Pick<HttpLoad, 'port' | 'requests' | 'boot'>) => Promise<HttpLoadOutcome>;
}

async function openStand(lab: Lab, connections: number): Promise<Stand> {
  const system = await lab.servers.system();
  const { brokers, parts } = system.stack;
  const devices = await registerDevices({ brokers, clientId: 'benchmarks' }, connections + 1);
  const load = await lab.start({ name: 'http-load', module: new URL('../programs/http-load.js', import.meta.url) });
  const telemetry = new OperatorClient(system.url('telemetry'), () => system.stack.operatorToken(benchTenant));
  lab.defer(() => telemetry.close());
  await untilKnown(system.url('ingest-gateway'), devices);
  return {
    ...{ system, devices },
    loadPid: load.pid,
    statistics: async () => {
      const { text } = await telemetry.expect([200], 'GET', '/v1/statistics');
      return (JSON.parse(text) as { readonly tenant: StoreStatistics }).tenant;
    },
    servers: () => ({ kafka: parts.kafka?.nodes[0]?.pid, postgres: parts.postgres?.pid }),
    send: (given) =>
      load.ask('run', { measurementsPerRequest: batch, points, devices: devices.slice(0, connections), ...given }),
  };
}

/** An empty array is refused as a body only after the device was let in. */
async function untilKnown(gatewayUrl: string, devices: readonly string[]): Promise<void> {
  const endsAt = performance.now() + 60_000;
  for (const authorization of devices) {
    const headers = { authorization, 'content-type': 'application/json' };
    const isKnown = async (): Promise<boolean> => {
      const { status } = await fetch(`${gatewayUrl}/v1/telemetry`, { method: 'POST', headers, body: '[]' });
      return status === 400;
    };
    while (!(await isKnown())) {
      if (performance.now() > endsAt) throw failed('the gateway does not let the devices in');
      await delay(100);
    }
  }
}

function ours(stand: Stand, name: string, work: Pick<HttpLoad, 'requests' | 'measurementsPerRequest'>): Contestant {
  const { system } = stand;
  let before = 0;
  return {
    name,
    processes: () => ({
      ...Object.fromEntries([...system.services].map(([service, { pid }]) => [service, pid])),
      ...stand.servers(),
      load: stand.loadPid,
    }),
    prepare: async () => void (before = (await stand.statistics()).stored),
    run: async (round) => {
      const startedAt = performance.now();
      const sent = await stand.send({ ...work, port: portOf(system.url('ingest-gateway')), boot: `${name}${round}` });
      const accepted = acceptedOf(sent) * work.measurementsPerRequest;
      const stored = await untilStored(accepted, async () => (await stand.statistics()).stored - before);
      return { messages: stored, lost: accepted - stored, wallMs: performance.now() - startedAt };
    },
  };
}

async function textbook(lab: Lab, stand: Stand, messages: number): Promise<Contestant> {
  const { brokers, databaseUrl } = stand.system.stack;
  const program = await lab.start({
    name: 'textbook',
    module: new URL('../anchors/textbook/main.js', import.meta.url),
  });
  const port = await program.ask<number>('start', { brokers, databaseUrl });
  let before = 0;
  return {
    name: 'textbook',
    anchor: true,
    processes: () => ({ textbook: program.pid, ...stand.servers(), load: stand.loadPid }),
    prepare: async () => void (before = await program.ask<number>('stored')),
    run: async (round) => {
      const startedAt = performance.now();
      const sent = await stand.send({ requests: messages / batch, port, boot: `textbook${round}` });
      const accepted = acceptedOf(sent) * batch;
      const stored = await untilStored(accepted, async () => (await program.ask<number>('stored')) - before);
      return { messages: stored, lost: accepted - stored, wallMs: performance.now() - startedAt };
    },
  };
}

/** T13: load at a fixed rate, and one more device whose measurements are asked for until a query shows them. */
async function queryable(lab: Lab, stand: Stand, perSecond: number): Promise<Figure[]> {
  const { system, devices } = stand;
  const seconds = Number(lab.options['for-seconds']);
  const before = await stand.statistics();
  const gatewayUrl = system.url('ingest-gateway');
  lab.say(`${perSecond.toFixed(0)} msg/s for ${seconds} s, half of what the machine could do`);
  const startedAt = performance.now();
  const [sent, probed] = await Promise.all([
    stand.send({
      ...{ port: portOf(gatewayUrl), boot: 'queryable' },
      requests: Math.round((perSecond * seconds) / batch),
      perSecond: perSecond / batch,
    }),
    probe({
      gatewayUrl,
      telemetryUrl: system.url('telemetry'),
      token: () => system.stack.operatorToken(benchTenant),
      device: deviceNamed(devices.length),
      authorization: devices.at(-1) as string,
      forMs: seconds * 1_000,
    }),
  ]);
  const tookMs = performance.now() - startedAt;
  const accepted = acceptedOf(sent) * batch + probed.accepted;
  const stored = async (): Promise<number> => (await stand.statistics()).stored - before.stored;
  const lost = accepted - (await untilStored(accepted, stored));
  const duplicates = (await stand.statistics()).duplicates - before.duplicates;
  lab.lose(lost + probed.lost);
  return [
    { id: 'T13', value: quantile(probed.latenciesMs, 0.99), unit: 'ms' },
    { id: 'T13.lost', value: Math.max(lost, probed.lost), unit: 'messages' },
    { id: 'T13.doubled', value: duplicates, unit: 'messages' },
    { id: 'pipeline.queryable.p50', value: quantile(probed.latenciesMs, 0.5), unit: 'ms' },
    { id: 'pipeline.queryable.samples', value: probed.latenciesMs.length, unit: 'measurements' },
    { id: 'pipeline.queryable.wanted', value: perSecond, unit: 'msg/s' },
    { id: 'pipeline.queryable.rate', value: (accepted * 1_000) / tookMs, unit: 'msg/s' },
  ];
}

/** Waits until as many are stored as were accepted. What is missing after a minute without progress is lost. */
async function untilStored(accepted: number, storedNow: () => Promise<number>): Promise<number> {
  let [stored, progressAt] = [0, performance.now()];
  while (stored < accepted && performance.now() - progressAt < 60_000) {
    const now = await storedNow();
    if (now > stored) progressAt = performance.now();
    stored = now;
    if (stored < accepted) await delay(100);
  }
  if (stored > accepted) throw failed(`${stored} rows were stored of ${accepted} acknowledged measurements`);
  return stored;
}

function acceptedOf({ accepted, refused }: HttpLoadOutcome): number {
  if (Object.keys(refused).length === 0) return accepted;
  throw failed(`requests were refused: ${JSON.stringify(refused)}`);
}

function failed(why: string): BenchmarksError {
  return BenchmarksError.permanent('benchmarks.run-failed', why);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
