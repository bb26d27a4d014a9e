import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ManagedProcess, SupervisedRun, freePorts } from '@myelin/local-stack';
import { bareEnvironment } from '../config.js';
import { once } from '../dispose-all.js';
import { TestingError } from '../testing.errors.js';
import { waitFor } from '../time/wait-for.js';

const workspace = resolve(fileURLToPath(new URL('../../../../', import.meta.url)));

export interface ServiceOptions {
  readonly args?: readonly string[];
  /** Arguments of node itself; default: the start of OpenTelemetry, as in production. */
  readonly nodeArgs?: readonly string[];
  /** Ready when a GET there answers 200, e.g. `http://127.0.0.1:7080/health/ready`. */
  readonly readyUrl?: string;
  /** Ready when the log has a match. With neither, ready at once. */
  readonly readyLine?: RegExp;
  /** Default 30,000. */
  readonly readyTimeoutMs?: number;
}

export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnedService extends AsyncDisposable {
  readonly pid: number;
  readonly running: boolean;
  /** Everything that it has written so far, standard output and error. */
  logs(): string;
  /** Resolves with the match. @throws TestingError testing.timeout, testing.service-ended */
  waitForLog(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends the signal (default SIGKILL) without waiting. */
  kill(signal?: NodeJS.Signals): void;
  /** Resolves when it has ended. @throws TestingError testing.timeout */
  exit(timeoutMs?: number): Promise<ServiceExit>;
  /** SIGTERM, after 15 s SIGKILL; then the captured log is gone. Safe to call twice, and after a kill. */
  stop(): Promise<void>;
}

/** A port on 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/**
 * Starts `entry` (relative to the workspace, e.g. `apps/telemetry/dist/main.js`) as a process of its own, with `env` and
 * nothing else of this process's environment. It ends with this process, however that ends.
 * @throws TestingError testing.service-ended, testing.timeout, both with the log
 */
export async function spawnService(
  entry: string,
  env: Readonly<Record<string, string>>,
  options: ServiceOptions = {},
): Promise<SpawnedService> {
  const run = await SupervisedRun.open();
  const logFile = join(run.temporaryDirectory('service'), 'service.log');
  const nodeArgs = options.nodeArgs ?? ['--import', '@myelin/observability/register'];
  const child = await run.spawn({
    name: entry,
    command: process.execPath,
    args: [...nodeArgs, resolve(workspace, entry), ...(options.args ?? [])],
    cwd: workspace,
    env: { ...bareEnvironment(), ADMIN_PORT: '0', ...env },
    logFile,
    leftoverSignal: 'KILL',
  });
  const service = serviceOf(child, run, logFile);
  try {
    await untilReady(service, options);
    return service;
  } catch (error) {
    await service.stop();
    throw error;
  }
}

function serviceOf(child: ManagedProcess, run: SupervisedRun, logFile: string): SpawnedService {
  let lastLogs = '';
  const logs = (): string => (lastLogs = textOf(logFile) ?? lastLogs);
  const stop = once(async () => {
    await child.end('SIGTERM', 15_000);
    logs();
    await run.close();
  });
  return {
    pid: child.pid,
    get running() {
      return child.alive;
    },
    logs,
    waitForLog: (pattern, timeoutMs = 10_000) => untilLogged(child, logs, pattern, timeoutMs),
    kill: (signal = 'SIGKILL') => child.signal(signal),
    exit: async (timeoutMs = 10_000) => {
      if (await child.waitForExit(timeoutMs)) return { code: child.exitCode, signal: child.exitSignal };
      throw TestingError.permanent('testing.timeout', `${child.plan.name} has not ended within ${timeoutMs} ms`);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilReady(service: SpawnedService, options: ServiceOptions): Promise<void> {
  const { readyUrl, readyLine, readyTimeoutMs: timeoutMs = 30_000 } = options;
  if (readyLine !== undefined) await service.waitForLog(readyLine, timeoutMs);
  if (readyUrl === undefined) return;
  const isReady = async (): Promise<boolean> => {
    if (!service.running) return true;
    const response = await fetch(readyUrl, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  };
  await waitFor(isReady, { timeoutMs, what: () => `${readyUrl} to answer 200; the log:\n${service.logs()}` });
  if (!service.running) throw ended(service.logs());
}

async function untilLogged(
  child: ManagedProcess,
  logs: () => string,
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const look = (): RegExpExecArray | 'ended' | null => {
    const alive = child.alive; // before the look, so that the last words of an ended process are read
    return pattern.exec(logs()) ?? (alive ? null : 'ended');
  };
  const found = await waitFor(look, { timeoutMs, what: () => `${pattern} in the log:\n${logs()}` });
  if (found === 'ended') throw ended(logs());
  return found;
}

function ended(logs: string): TestingError {
  return TestingError.permanent('testing.service-ended', `the service ended before it was ready; its log:\n${logs}`);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
