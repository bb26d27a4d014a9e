import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Progress, silentProgress } from '../cache/progress.js';
import { serverEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { awaitReady } from '../network/await-ready.js';
import { freePorts, requireFreePort } from '../network/ports.js';
import { SupervisedRun } from '../processes/supervised-run.js';
import { ensureJaeger } from './jaeger-build.js';
import { type JaegerPorts, jaegerConfiguration, usualJaegerPorts } from './jaeger-configuration.js';

export interface StartJaegerOptions {
  /** `fixed` = {@link usualJaegerPorts}; single ports win over free ones. Default: free ones. */
  readonly ports?: 'free' | 'fixed' | Partial<JaegerPorts>;
  readonly log?: Progress;
}

export interface Jaeger {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT: OTLP over HTTP. */
  readonly otlpUrl: string;
  /** OTLP over gRPC. */
  readonly otlpGrpcUrl: string;
  /** Where clients of Jaeger's own report, thrift over HTTP. */
  readonly thriftUrl: string;
  /** `<queryUrl>/api/v3/traces/<id>`, `<queryUrl>/api/v3/services` and more. */
  readonly queryUrl: string;
  readonly ports: JaegerPorts;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  /** The last lines of its log. */
  logTail(): string;
  /** Stops for good; traces are gone. */
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const stopGraceMs = 5_000;

/**
 * Starts a real Jaeger on 127.0.0.1, all in one and in memory, and waits until it serves; the first call builds it (about five minutes,
 * see `isJaegerBuilt`). Ends with this process, however that ends.
 * @throws LocalStackError go-missing, build-failed, port-taken, start-failed
 */
export async function startJaeger(options: StartJaegerOptions = {}): Promise<Jaeger> {
  const program = await ensureJaeger(options.log ?? silentProgress);
  const areFree = options.ports === undefined || options.ports === 'free';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(program, await choosePorts(options.ports ?? 'free'));
    } catch (error) {
      // Between choosing a free port and listening on it somebody else may have been quicker.
      const isTaken = error instanceof LocalStackError && error.message.includes('address already in use');
      if (!areFree || !isTaken || attempt === 3) throw error;
    }
  }
}

async function choosePorts(wanted: NonNullable<StartJaegerOptions['ports']>): Promise<JaegerPorts> {
  const given = wanted === 'fixed' ? usualJaegerPorts : wanted === 'free' ? {} : wanted;
  for (const port of Object.values(given)) await requireFreePort(port, 'Jaeger');
  const names = Object.keys(usualJaegerPorts) as (keyof JaegerPorts)[];
  const free = await freePorts(names.length);
  const chosen = names.map((name, place) => [name, given[name] ?? free[place]] as const);
  return Object.fromEntries(chosen) as unknown as JaegerPorts;
}

async function startOnce(program: string, ports: JaegerPorts): Promise<Jaeger> {
  const run = await SupervisedRun.open();
  try {
    const directory = run.temporaryDirectory('jaeger');
    const configuration = join(directory, 'jaeger.json');
    writeFileSync(configuration, JSON.stringify(jaegerConfiguration(ports)));
    const server = await run.spawn({
      name: 'Jaeger',
      command: program,
      args: ['--config', `file:${configuration}`],
      cwd: directory,
      env: serverEnvironment(),
      logFile: join(directory, 'jaeger.log'),
      leftoverSignal: 'KILL',
    });
    const stop = async (): Promise<void> => {
      await server.end('SIGTERM', stopGraceMs);
      await run.close();
    };
    try {
      await awaitReady(server, () => isServing(ports.health), startTimeoutMs);
    } catch (error) {
      await server.end('SIGKILL', 1_000);
      throw error;
    }
    return {
      otlpUrl: `http://127.0.0.1:${ports.otlpHttp}`,
      otlpGrpcUrl: `http://127.0.0.1:${ports.otlpGrpc}`,
      thriftUrl: `http://127.0.0.1:${ports.thriftHttp}/api/traces`,
      queryUrl: `http://127.0.0.1:${ports.query}`,
      ports,
      get pid() {
        return server.alive ? server.pid : undefined;
      },
      logTail: () => server.logTail(),
      stop,
    };
  } catch (error) {
    await run.close();
    throw error;
  }
}

async function isServing(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/status`, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
