import { setTimeout as delay } from 'node:timers/promises';
import {
  Fleet,
  type FleetReport,
  defaultFaults,
  isProven,
  loadSeries,
  shippedDataFolder,
} from '@myelin/fleet-simulator';
import { SupervisedRun } from '@myelin/local-stack';
import { type System, startSystem } from '@myelin/main-job';
import type { SoakOptions } from '../chaos-options.js';
import { ChaosError } from '../chaos.errors.js';
import { MemorySampler } from './memory-sampler.js';
import { type SoakLine, soakLines, soakTable } from './soak-table.js';

const preload = new URL('../../dist/preload/memory-report.js', import.meta.url);
const reportSize = 10;
const sampleEveryMs = 10_000;
const sayEveryMs = 60_000;
const tenant = 'soak';

type Say = (line: string) => void;

/** A steady load, the memory of every process, and the proof. @returns the exit code */
export async function runSoak(options: SoakOptions, say: Say, print: Say, signal: AbortSignal): Promise<number> {
  if (process.platform !== 'linux')
    throw ChaosError.permanent('chaos.impossible', 'the soak reads /proc: it needs Linux');
  const run = await SupervisedRun.open();
  const folder = run.temporaryDirectory('memory');
  try {
    const exits: string[] = [];
    const env = { NODE_OPTIONS: `--import=${preload.href}`, CHAOS_MEMORY_FOLDER: folder };
    const system = await startSystem({
      ...{ freePorts: true, env: process.env, signal, progress: (line) => say(`  ${line}`) },
      instances: { alerting: 0, 'firmware-rollout': 0 },
      // A JVM's heap grows to its limit within hours, whatever is kept: what is judged is all but that.
      servers: { kafkaHeapFixed: true },
      serviceEnv: { 'ingest-gateway': env, 'device-registry': env, telemetry: env },
      onUnexpectedExit: (instance, how) => void exits.push(`${instance} (${how})`),
    });
    try {
      const sampler = new MemorySampler(system, folder);
      const { proof, drained } = await loadAndProve(system, sampler, options, say, signal);
      return conclude(options, { proof, drained, exits, lines: soakLines(sampler.series) }, say, print);
    } finally {
      await system.stop();
    }
  } finally {
    await run.close();
  }
}

async function loadAndProve(
  system: System,
  sampler: MemorySampler,
  options: SoakOptions,
  say: Say,
  signal: AbortSignal,
): Promise<{ proof: FleetReport; drained: boolean }> {
  const fleet = await soakFleet(system, options);
  try {
    await load(fleet, sampler, options, say, signal);
    // Said before the proof as well: an hour's memory is not to hang on half an hour of reading.
    say(soakTable(soakLines(sampler.series)));
    say('the fleet stops; reading everything back through the query API');
    const drained = await fleet.drain(120_000);
    return { drained, proof: await fleet.proof(300_000) };
  } finally {
    await fleet.close();
  }
}

async function soakFleet(system: System, { rate, devices, seed }: SoakOptions): Promise<Fleet> {
  const fleet = new Fleet({
    gatewayUrl: system.url('ingest-gateway'),
    registryUrl: system.url('device-registry'),
    telemetryUrl: system.url('telemetry'),
    token: () => system.stack.operatorToken(tenant),
    ...{ tenant, prefix: 'soak', devices, seed, reportSize, faults: defaultFaults },
    intervalMs: (devices * reportSize * 1_000) / rate,
    series: await loadSeries(shippedDataFolder),
  });
  await fleet.register();
  return fleet;
}

async function load(
  fleet: Fleet,
  sampler: MemorySampler,
  { forMs }: SoakOptions,
  say: Say,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = performance.now();
  fleet.start();
  sampler.start(sampleEveryMs);
  try {
    for (let last = 0, leftMs = forMs; leftMs > 0; leftMs = forMs - (performance.now() - startedMs)) {
      const spanMs = Math.min(sayEveryMs, leftMs);
      await delay(spanMs, undefined, { signal });
      const { accepted } = fleet.ledger;
      say(
        `  ${((performance.now() - startedMs) / 60_000).toFixed(1)} min, ${Math.round(((accepted - last) * 1_000) / spanMs)}/s`,
      );
      last = accepted;
    }
  } catch (cause) {
    throw ChaosError.permanent('chaos.interrupted', 'interrupted', { cause });
  } finally {
    sampler.stop();
  }
}

interface SoakOutcome {
  readonly proof: FleetReport;
  readonly drained: boolean;
  readonly exits: readonly string[];
  readonly lines: readonly SoakLine[];
}

function conclude(options: SoakOptions, { proof, drained, exits, lines }: SoakOutcome, say: Say, print: Say): number {
  const growing = lines.filter(({ flat }) => !flat).map(({ what }) => what);
  const failures = [
    ...growing.map((what) => `${what} grows`),
    ...(lines.length === 0 ? ['too short to judge memory'] : []),
    ...exits.map((exit) => `${exit} ended by itself`),
    ...(drained ? [] : ['devices were not rid of their reports']),
  ];
  const proven = isProven(proof) && failures.length === 0;
  const rate = Math.round((proof.accepted * 1_000) / options.forMs).toLocaleString('en-US');
  const because = failures.length === 0 ? '' : `; because: ${failures.join('; ')}`;
  const parts = [
    `${proof.accepted.toLocaleString('en-US')} accepted (${rate}/s for ${options.forMs / 60_000} min)`,
    `${proof.lost} lost`,
    `${proof.doubled} doubled`,
    `p99 ${proof.p99Ms ?? 'unknown'} ms`,
    `${lines.length - growing.length} of ${lines.length} memory series flat`,
  ];
  const verdict = `${proven ? 'PROVEN' : 'FAILED'} soak: ${parts.join(', ')}${because}`;
  (options.json ? say : print)(`${soakTable(lines)}\n${verdict}`);
  if (options.json) print(JSON.stringify({ proven, failures, memory: lines, fleet: proof }));
  return proven ? 0 : 1;
}
