import { BenchmarksError } from './benchmarks.errors.js';
import { cpuTimeUs, reliableUs } from './cpu-time.js';
import { best, median, rounded } from './statistics.js';

/** What one contestant did in one round. */
export interface RoundOutcome {
  /** That arrived where they should. */
  readonly messages: number;
  /** That were acknowledged and did not arrive, counted, not guessed. Without it, here or from `verify`: no rate. */
  readonly lost?: number;
  /** Default: as long as `run` took. Give it where a part of `run` is not to be measured. */
  readonly wallMs?: number;
}

/** One way of doing the work. All contestants of a bench do the same work. */
export interface Contestant {
  readonly name: string;
  /** True for what we compare with: what it loses does not void our figures. */
  readonly anchor?: boolean;
  /** Pids by name, as they are when a round starts; with each, its children. The load generator belongs here too. */
  readonly processes: () => Readonly<Record<string, number | undefined>>;
  /** Outside of what is measured, before a round. */
  readonly prepare?: (round: number) => Promise<void>;
  readonly run: (round: number) => Promise<RoundOutcome>;
  /** Outside of what is measured, after a round: counts what really arrived. */
  readonly verify?: (outcome: RoundOutcome) => Promise<RoundOutcome>;
}

export interface Round {
  readonly messages: number;
  readonly lost: number;
  readonly wallMs: number;
  /** CPU per message of each process, microseconds. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Processes that used so little CPU that its ticks of 10 ms do not tell how much. */
  readonly coarse: readonly string[];
}

export interface Summary {
  readonly name: string;
  readonly anchor: boolean;
  readonly rounds: readonly Round[];
  readonly lost: number;
  /** Messages per second of each round. */
  readonly rates: readonly number[];
  /** Microseconds of CPU per message of each round, of the processes named, together. */
  cpuUs(...processes: readonly string[]): readonly number[];
  readonly processes: readonly string[];
}

/**
 * Runs the contestants by turns, so that a machine that gets slower for a while does so for all of them. A first round
 * of each is thrown away: compilers warm up, connections open, caches fill.
 */
export async function interleave(
  contestants: readonly Contestant[],
  options: { readonly rounds: number; readonly warmUps: number; readonly say: (line: string) => void },
): Promise<readonly Summary[]> {
  const measured = contestants.map((): Round[] => []);
  for (let round = -options.warmUps; round < options.rounds; round++) {
    for (const [nth, contestant] of inTurn(contestants, round)) {
      const outcome = await measure(contestant, round);
      if (round < 0) continue;
      (measured[nth] as Round[]).push(outcome);
      options.say(`round ${round + 1}/${options.rounds} ${contestant.name}: ${describeRound(outcome)}`);
    }
  }
  return contestants.map(({ name, anchor = false }, nth) => summarise(name, anchor, measured[nth] as Round[]));
}

/** Every second round backwards: who comes first would otherwise always follow the same neighbour. */
function inTurn(contestants: readonly Contestant[], round: number): (readonly [number, Contestant])[] {
  const order = [...contestants.entries()];
  return round % 2 === 0 ? order : order.reverse();
}

export async function measure(contestant: Contestant, round: number): Promise<Round> {
  const { name, processes, prepare, run, verify } = contestant;
  await prepare?.(round);
  const pids = Object.entries(processes()).filter((entry): entry is [string, number] => entry[1] !== undefined);
  const before = pids.map(([, pid]) => cpuTimeUs(pid));
  const startedAt = performance.now();
  const done = await run(round);
  const elapsedMs = performance.now() - startedAt;
  const spentUs = pids.map(([, pid], nth) => cpuTimeUs(pid) - (before[nth] as number));
  const { messages, lost, wallMs = elapsedMs } = (await verify?.(done)) ?? done;
  assertLossKnown(name, lost);
  if (!(messages > 0)) throw BenchmarksError.permanent('benchmarks.run-failed', `${name} moved no message in a round`);
  const cpuUs = Object.fromEntries(pids.map(([process], nth) => [process, (spentUs[nth] as number) / messages]));
  const coarse = pids.map(([process]) => process).filter((_, nth) => (spentUs[nth] as number) < reliableUs);
  return { messages, lost, wallMs, cpuUs, coarse };
}

function summarise(name: string, anchor: boolean, rounds: readonly Round[]): Summary {
  return {
    ...{ name, anchor, rounds },
    lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
    rates: rounds.map(rateOf),
    processes: Object.keys(rounds[0]?.cpuUs ?? {}),
    cpuUs: (...processes) =>
      rounds.map(({ cpuUs }) => processes.reduce((sum, process) => sum + (cpuUs[process] ?? Number.NaN), 0)),
  };
}

/** Messages per second. @throws BenchmarksError benchmarks.loss-unknown: a rate without it says nothing */
export function rateOf({ messages, lost, wallMs }: Pick<Round, 'messages' | 'lost' | 'wallMs'>): number {
  assertLossKnown('a round', lost);
  return (messages * 1_000) / wallMs;
}

function assertLossKnown(what: string, lost: unknown): asserts lost is number {
  if (Number.isInteger(lost) && (lost as number) >= 0) return;
  throw BenchmarksError.permanent('benchmarks.loss-unknown', `what ${what} lost was not counted: no rate without it`);
}

function describeRound(round: Round): string {
  const cpu = Object.entries(round.cpuUs).map(([process, us]) => `${process} ${us.toFixed(2)}`);
  return `${rateOf(round).toFixed(0)} msg/s, ${round.lost} lost, CPU us/msg: ${cpu.join(', ')}`;
}

/** The table of all contestants, for people. */
export function describeSummaries(summaries: readonly Summary[]): string[] {
  return summaries.flatMap((summary) => [
    `${summary.name}${summary.anchor ? ' (anchor)' : ''}: ` +
      `${best(summary.rates, 'at-least').toFixed(0)} msg/s best, ${median(summary.rates).toFixed(0)} median, ` +
      `${summary.lost} lost of the ${summary.rounds.reduce((sum, { messages, lost }) => sum + messages + lost, 0)} measured`,
    ...summary.processes.map((process) => {
      const us = summary.cpuUs(process);
      return `  ${process.padEnd(24)} ${String(rounded(best(us, 'at-most'))).padStart(8)} us/msg best, ${rounded(median(us))} median`;
    }),
    ...tooShort(summary),
  ]);
}

function tooShort({ rounds }: Summary): string[] {
  const coarse = [...new Set(rounds.flatMap((round) => round.coarse))];
  if (coarse.length === 0) return [];
  const least = reliableUs / 1e6;
  return [
    `  too short to tell the CPU of ${coarse.join(', ')}: less than ${least} s in a round, counted in hundredths of a second`,
  ];
}
