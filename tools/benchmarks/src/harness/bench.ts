import type { ParseArgsOptionsConfig } from 'node:util';
import type { GoalId } from './goals.js';
import type { Figure } from './report.js';
import type { Contestant, Summary } from './rounds.js';
import type { Program, ProgramPlan } from './program.js';
import type { Servers } from './servers.js';

/** One question, answered by figures. A file of `benches/`, listed in `benches.ts`. */
export interface Bench {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** That its figures are held against. */
  readonly goals?: readonly GoalId[];
  /** Interleaved rounds unless `--rounds` says otherwise: at least 5, or 1 for what takes minutes. */
  readonly rounds: number;
  /** Rounds of each contestant that are thrown away. Default 1. */
  readonly warmUps?: number;
  /** Options of its own, beside `--rounds`, `--json` and `--help`. */
  readonly options?: ParseArgsOptionsConfig;
  /** Gives the figures of goals and any other; those of contestants (rate, loss, CPU) are reported by themselves. */
  run(lab: Lab): Promise<readonly Figure[]>;
}

/** What a bench works with. Everything that it starts is stopped when the bench has ended, however it ends. */
export interface Lab {
  readonly rounds: number;
  /** Values of the bench's own options. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** A line for whoever watches, on the standard error output. */
  say(line: string): void;
  /** Kafka, PostgreSQL, services: started on first use. */
  readonly servers: Servers;
  /** Starts an anchor or a load generator as a process of its own. */
  start(plan: ProgramPlan): Promise<Program>;
  /** Runs contestants by turns and reports what each did. */
  interleave(contestants: readonly Contestant[]): Promise<readonly Summary[]>;
  /** Something beside interleaved rounds was lost: no goal is met then. */
  lose(messages: number): void;
  /** Runs when the bench has ended, last added first. */
  defer(cleanUp: () => unknown): void;
}
