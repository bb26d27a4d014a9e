import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { type Fleet, type FleetReport, Random, isProven } from '@myelin/fleet-simulator';
import { describeError } from '@myelin/kernel';
import { ChaosError } from './chaos.errors.js';
import type { ChaosSystem } from './chaos-system.js';
import { type LogFacts, logFactsSince, logLength, maxLinesPerSecond } from './log-check.js';
import { RecoveryWatch } from './recovery.js';
import type { Damage, Scenario } from './scenario.js';

export interface FaultRunOptions {
  readonly forMs: number;
  readonly devices: number;
  readonly intervalMs: number;
  readonly seed: number;
  /** Of a system that has recovered: how soon it shows measurements. Default: that of {@link recoveryRule}. */
  readonly shownWithinMs?: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface FaultReport {
  readonly scenario: string;
  readonly proven: boolean;
  /** Why it is not proven, one sentence each. */
  readonly failures: readonly string[];
  /** Figures of the scenario. */
  readonly notes: readonly string[];
  /** From the end of the damage; undefined = not within the time allowed. */
  readonly recoveredMs: number | undefined;
  readonly kills: number;
  readonly exits: number;
  readonly logs: Readonly<Record<string, LogFacts>>;
  readonly fleet: FleetReport;
}

const flowingMs = 120_000;
const recoveryMs = 180_000;
const drainMs = 120_000;
const proofMs = 120_000;

/** One scenario on a running system: load, damage, recovery, drain, proof. @throws ChaosError chaos.interrupted */
export async function runScenario(
  chaos: ChaosSystem,
  scenario: Scenario,
  options: FaultRunOptions,
): Promise<FaultReport> {
  const { say, signal } = options;
  const watch = new RecoveryWatch();
  const fleet = await chaos.newFleet({
    ...{ devices: options.devices, intervalMs: options.intervalMs, seed: options.seed },
    onSample: (sentAtMs, latencyMs) => watch.sample(sentAtMs, latencyMs),
  });
  try {
    const before = await markOf(chaos);
    const story = { failures: [] as string[], notes: [] as string[] };
    const damage = damageOf(chaos, fleet, options, story);
    fleet.start();
    // However slowly: a machine that is busy with other things may take its time before the damage, too.
    const flowing = watch.recovered(Date.now(), Infinity);
    await within(flowing, flowingMs, signal, 'measurements did not flow before any damage');
    say(`${scenario.name}: damage for ${options.forMs / 1_000} s`);
    await scenario.damage(damage);
    say(`${scenario.name}: damage is over`);
    const recoveredMs = await within(watch.recovered(Date.now(), options.shownWithinMs), recoveryMs, signal).catch(
      (error: unknown) => {
        if (signal.aborted) throw error;
        return undefined;
      },
    );
    if (recoveredMs === undefined) story.failures.push(`not recovered within ${recoveryMs / 1_000} s`);
    await scenario.afterwards?.(damage);
    const proof = await conclude(chaos, fleet, story.failures);
    const checked = await check(chaos, scenario, before, fleet, story.failures);
    const proven = isProven(proof) && story.failures.length === 0;
    return { scenario: scenario.name, proven, ...story, recoveredMs, ...checked, fleet: proof };
  } finally {
    await fleet.close();
  }
}

function damageOf(
  chaos: ChaosSystem,
  fleet: Fleet,
  { seed, forMs, say, signal }: FaultRunOptions,
  story: { readonly failures: string[]; readonly notes: string[] },
): Damage {
  return {
    ...{ chaos, fleet, forMs, say, random: new Random(seed) },
    note: (text) => void story.notes.push(text),
    fail: (text) => void story.failures.push(text),
    sleep: (ms) => sleep(ms, signal),
  };
}

async function conclude(chaos: ChaosSystem, fleet: Fleet, failures: string[]): Promise<FleetReport> {
  await chaos.system.ready(60_000).catch((error: unknown) => failures.push(describeError(error)));
  if (!(await fleet.drain(drainMs))) failures.push(`devices were not rid of their reports within ${drainMs / 1_000} s`);
  const proof = await fleet.proof(proofMs);
  const refused = Object.keys(proof.answers).filter((answer) => /^4(?!29)/.test(answer));
  if (refused.length > 0) failures.push(`right reports were refused for good (${refused.join(', ')})`);
  return proof;
}

interface Mark {
  readonly exits: number;
  readonly kills: number;
  readonly atMs: number;
  readonly logs: ReadonlyMap<string, number>;
}

async function markOf(chaos: ChaosSystem): Promise<Mark> {
  const logs = new Map<string, number>();
  for (const name of chaos.instances) logs.set(name, await logLength(logOf(chaos, name)));
  return { exits: chaos.exits.length, kills: chaos.kills, atMs: performance.now(), logs };
}

/** What must hold of the services themselves: no crash, no flood, no secret. */
async function check(
  chaos: ChaosSystem,
  scenario: Scenario,
  before: Mark,
  fleet: Fleet,
  failures: string[],
): Promise<Pick<FaultReport, 'kills' | 'exits' | 'logs'>> {
  const kills = chaos.kills - before.kills;
  const ended = chaos.exits.slice(before.exits);
  const exits = ended.length - kills;
  if (exits > 0 && scenario.mayExit !== true) {
    const others = ended.filter(({ how }) => how !== 'SIGKILL').map(({ instance, how }) => `${instance} (${how})`);
    failures.push(`${exits} times a service ended by itself: ${others.join(', ')}`);
  }
  const seconds = (performance.now() - before.atMs) / 1_000;
  const secrets = [...chaos.system.secrets, ...fleet.secrets];
  const logs: Record<string, LogFacts> = {};
  for (const [name, position] of before.logs) {
    const facts = (logs[name] = await logFactsSince(logOf(chaos, name), position, secrets));
    if (facts.secretsFound > 0) failures.push(`${facts.secretsFound} secrets stand in the log of ${name}`);
    if (facts.lines / seconds > maxLinesPerSecond) {
      failures.push(`${name} floods its log: ${facts.lines} lines in ${seconds.toFixed(0)} s`);
    }
  }
  return { kills, exits, logs };
}

const logOf = (chaos: ChaosSystem, instance: string): string => join(chaos.system.logFolder, `${instance}.log`);

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((cause: unknown) => {
    throw ChaosError.permanent('chaos.interrupted', 'interrupted', { cause });
  });
}

async function within<T>(work: Promise<T>, ms: number, signal: AbortSignal, what = 'too late'): Promise<T> {
  const enough = new AbortController();
  const late = sleep(ms, AbortSignal.any([signal, enough.signal])).then((): never => {
    throw ChaosError.permanent('chaos.impossible', `${what} (waited ${ms / 1_000} s)`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    enough.abort();
    late.catch(() => undefined);
  }
}
