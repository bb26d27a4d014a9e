import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { BenchmarksError } from './benchmarks.errors.js';

export interface ProgramPlan {
  readonly name: string;
  /** `new URL('../anchors/raw-http.js', import.meta.url)`; the module calls {@link serveProgram}. */
  readonly module: URL;
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

/** An anchor or a load generator in a process of its own, that answers questions. */
export interface Program {
  readonly pid: number;
  /** @throws BenchmarksError benchmarks.run-failed with what went wrong in the program, or that it has ended */
  ask<Answer>(question: string, details?: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

interface Question {
  readonly id: number;
  readonly question: string;
  readonly details: unknown;
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

type Pending = { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void };

/** Resolves when the program is ready to answer. It ends with this process. */
export async function startProgram({ name, module, env = {}, execArgv = [] }: ProgramPlan): Promise<Program> {
  const child = fork(fileURLToPath(module), {
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const pending = new Map<number, Pending>();
  const failed = (why: string): Error => BenchmarksError.permanent('benchmarks.run-failed', `${name} ${why}`);
  child.on('message', (message) => {
    const { id, answer, error } = message as Answer;
    const asked = pending.get(id);
    pending.delete(id);
    if (error === undefined) asked?.resolve(answer);
    else asked?.reject(failed(`failed: ${error}`));
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    for (const { reject } of pending.values()) reject(failed(`has ended (${String(signal ?? code)})`));
    pending.clear();
  });
  let asked = 0;
  const program: Program = {
    pid: child.pid ?? -1,
    ask: (question, details) =>
      new Promise((resolve, reject) => {
        const id = asked++;
        pending.set(id, { resolve: resolve as Pending['resolve'], reject });
        child.send({ id, question, details } satisfies Question, (error) => {
          if (error !== null) reject(failed(`takes no questions: ${error.message}`));
        });
      }),
    stop: () => stopChild(child, ended),
  };
  await program.ask('ready');
  return program;
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  const insist = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(insist);
}

/** What a program answers with, by question. `stop` runs before it ends. */
export type Answers = Readonly<Record<string, (details: never) => unknown>>;

/** The program's side of {@link startProgram}. Ends the process when the other side is gone. */
export function serveProgram(answers: Answers, stop: () => unknown = () => undefined): void {
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the bench decides when this ends
  process.on('disconnect', () => void Promise.resolve(stop()).finally(() => process.exit(0)));
  process.on('message', (message) => {
    const { id, question, details } = message as Question;
    const answer =
      question === 'ready' ? () => true : (answers[question] as ((details: unknown) => unknown) | undefined);
    Promise.resolve()
      .then(() => {
        if (answer === undefined) throw new Error(`there is no answer to "${question}"`);
        return answer(details);
      })
      .then(
        (value) => process.send?.({ id, answer: value } satisfies Answer),
        (error: unknown) => process.send?.({ id, error: describe(error) } satisfies Answer),
      );
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
