import { type SpawnOptions, spawn } from 'node:child_process';
import { ContainersError } from '../containers.errors.js';

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Aborted: the program is ended. */
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
  /** Codes that are answers, not failures; default only 0. */
  readonly codes?: readonly number[];
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const shownCharacters = 3_000;

/** @throws ContainersError containers.command-failed when it cannot be run, ends with another code, or takes too long */
export async function runProgram(
  program: string,
  words: readonly string[],
  { codes = [0], timeoutMs, signal, ...options }: ProgramOptions,
): Promise<ProgramResult> {
  signal?.throwIfAborted();
  const result = await ended(program, words, { ...options, signal: endOf(timeoutMs, signal) }).catch(
    (error: unknown) => {
      signal?.throwIfAborted();
      const reason = error instanceof Error && error.name === 'AbortError' ? `took more than ${timeoutMs} ms` : error;
      throw failed(program, words, String(reason), error);
    },
  );
  if (codes.includes(result.code)) return result;
  const said = `${result.stdout}\n${result.stderr}`.trim().slice(-shownCharacters);
  throw failed(program, words, `ended with ${result.code}:\n${said}`);
}

function endOf(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

function ended(program: string, words: readonly string[], options: SpawnOptions): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 128, ...said }));
  });
}

function failed(program: string, words: readonly string[], how: string, cause?: unknown): ContainersError {
  const what = [program, ...words].join(' ').slice(0, 200);
  return ContainersError.permanent('containers.command-failed', `${what} ${how}`, { cause });
}
