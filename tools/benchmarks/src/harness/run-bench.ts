import { describeError } from '@myelin/kernel';
import type { Bench, Lab } from './bench.js';
import { observeMachine } from './machine.js';
import { type Program, startProgram } from './program.js';
import { describeResults, type Figure, type Report, resultOf } from './report.js';
import { describeSummaries, interleave, type Summary } from './rounds.js';
import { Servers } from './servers.js';
import { median } from './statistics.js';

export interface RunOptions {
  /** Undefined: as the bench says. */
  readonly rounds: number | undefined;
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly profileFolder: string | undefined;
  readonly say: (line: string) => void;
  /** Told the cleaning up, for a run that is interrupted. */
  readonly onCleanUp?: (cleanUp: () => Promise<void>) => void;
}

/** Runs a bench, cleans up after it, and gives what it found. `lost` is what its own side lost. */
export async function runBench(bench: Bench, options: RunOptions): Promise<Report & { readonly lost: number }> {
  const { say } = options;
  const machine = observeMachine();
  const cleanUps: (() => unknown)[] = [];
  const defer = (cleanUp: () => unknown): void => void cleanUps.push(cleanUp);
  const summaries: Summary[] = [];
  let lost = 0;
  const cleanUp = async (): Promise<void> => {
    for (let next = cleanUps.pop(); next !== undefined; next = cleanUps.pop()) {
      await Promise.resolve(next()).catch((error: unknown) => say(`cleaning up failed: ${describeError(error)}`));
    }
  };
  options.onCleanUp?.(cleanUp);
  const lab: Lab = {
    rounds: options.rounds ?? bench.rounds,
    options: options.values,
    say,
    defer,
    servers: new Servers({ say, defer, profileFolder: options.profileFolder }),
    start: async (plan): Promise<Program> => {
      const program = await startProgram(plan);
      defer(() => program.stop());
      return program;
    },
    lose: (messages) => void (lost += messages),
    interleave: async (contestants) => {
      const { rounds } = lab;
      const found = await interleave(contestants, { rounds, warmUps: bench.warmUps ?? 1, say });
      summaries.push(...found);
      for (const summary of found) if (!summary.anchor) lost += summary.lost;
      return found;
    },
  };
  try {
    const figures = await bench.run(lab);
    for (const line of describeSummaries(summaries)) say(line);
    const all = [...figures, ...summaries.flatMap((summary) => figuresOf(bench.name, summary))];
    const results = all.map((figure) => resultOf(figure, lost));
    return { bench: bench.name, results, machine: machine(), lost };
  } finally {
    await cleanUp();
  }
}

/** Rate, loss and CPU of every contestant, medians; the rate never without the loss. */
function figuresOf(bench: string, summary: Summary): Figure[] {
  const id = (what: string): string => `${bench}.${summary.name}.${what}`;
  return [
    { id: id('rate'), value: median(summary.rates), unit: 'msg/s' },
    { id: id('lost'), value: summary.lost, unit: 'messages' },
    ...summary.processes.map((process) => ({
      id: id(`cpu.${process}`),
      value: median(summary.cpuUs(process)),
      unit: 'us/msg',
    })),
  ];
}

/** What people read; the JSON line is for programs. */
export function describeReport({ bench, results, machine, lost }: Report & { readonly lost: number }): string[] {
  const { cpu, cores, memoryGb, kernel, node, load, stolenPercent } = machine;
  const goals = results.filter(({ ship }) => ship !== null);
  const further = results.filter(({ ship }) => ship === null);
  return [
    '',
    bench,
    ...describeResults([...goals, ...further]),
    ...(lost > 0 ? [`${lost} messages were lost: no goal is met`] : []),
    `on ${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}, Node ${node}; load ${load.join(' to ')}, ${stolenPercent ?? '?'} % stolen`,
  ];
}
