import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { freePorts, type Stack, type StartStackOptions, startStack, SupervisedRun } from '@myelin/local-stack';
import { ServiceProcess, startSystem, type System, type SystemOptions } from '@myelin/main-job';
import { BenchmarksError } from './benchmarks.errors.js';

const workspace = fileURLToPath(new URL('../../../../', import.meta.url));

export interface ServicePlan {
  /** The folder below `apps`. */
  readonly name: string;
  /** What the service is configured with; `HTTP_PORT` is chosen here. */
  readonly env: Readonly<Record<string, string>>;
  /** Default true. False: the caller waits with `ready` when what the service needs is there. */
  readonly untilReady?: boolean;
}

export interface ServersOptions {
  readonly say: (line: string) => void;
  readonly defer: (cleanUp: () => unknown) => void;
  /** CPU profiles of the services are written there when they end. */
  readonly profileFolder: string | undefined;
}

/** Real servers, each started on first use and stopped with the bench. */
export class Servers {
  #stack: Promise<Stack> | undefined;
  #system: Promise<System> | undefined;
  #run: Promise<SupervisedRun> | undefined;

  constructor(private readonly options: ServersOptions) {}

  /**
   * Kafka, PostgreSQL and the token issuer, or the `parts` of them; running ones where KAFKA_BROKERS, DATABASE_URL and
   * OIDC_ISSUER name them (their CPU is not measured then). The options of the first call count.
   */
  stack(options: Omit<StartStackOptions, 'ports' | 'log'> = {}): Promise<Stack> {
    return (this.#stack ??= this.#startStack(options));
  }

  /** The whole of Myelin, as `npm start` runs it, on free ports and without a fleet. The options of the first call count. */
  system(options: Pick<SystemOptions, 'serviceEnv'> = {}): Promise<System> {
    return (this.#system ??= this.#startSystem(options));
  }

  /** One service as a process of its own, instrumented as in production. */
  async service({ name, env, untilReady = true }: ServicePlan): Promise<ServiceProcess> {
    const run = await (this.#run ??= this.#openRun());
    const [port] = await freePorts(1);
    const logFile = join(run.temporaryDirectory('bench-logs'), `${name}.log`);
    const entry = join(workspace, 'apps', name, 'dist/main.js');
    const own = { HTTP_PORT: String(port), ADMIN_PORT: '0', ...this.#profiling(), ...env };
    const specification = { name, entry, url: `http://127.0.0.1:${port}`, env: own, logFile };
    const service = new ServiceProcess(specification, run, (service, how) =>
      this.options.say(`${service} ended unexpectedly (${how}); starting it again`),
    );
    this.options.defer(() => service.stop(15_000));
    await service.start();
    if (untilReady) await service.ready(60_000);
    return service;
  }

  async #openRun(): Promise<SupervisedRun> {
    const run = await SupervisedRun.open();
    this.options.defer(() => run.close());
    return run;
  }

  async #startStack(options: StartStackOptions): Promise<Stack> {
    const stack = await startStack({ ...options, ports: 'free', log: (line) => this.options.say(line) });
    this.options.defer(() => stack.stop());
    return stack;
  }

  async #startSystem({ serviceEnv = {} }: Pick<SystemOptions, 'serviceEnv'>): Promise<System> {
    const profiling = this.#profiling();
    const system = await startSystem({
      freePorts: true,
      progress: (line) => this.options.say(line),
      env: process.env,
      // The path of a measurement is what is measured with a whole system; who else listens is not on it.
      instances: { alerting: 0, 'firmware-rollout': 0 },
      serviceEnv: Object.fromEntries(
        (['device-registry', 'ingest-gateway', 'telemetry'] as const).map((name) => [
          name,
          { ...profiling, ...serviceEnv[name] },
        ]),
      ),
      onUnexpectedExit: (service, how) => this.options.say(`${service} ended unexpectedly (${how}); starting it again`),
    });
    this.options.defer(() => system.stop());
    return system;
  }

  #profiling(): Record<string, string> {
    const folder = this.options.profileFolder;
    return folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` };
  }
}

/** @throws BenchmarksError when it runs elsewhere or has ended: its CPU cannot be measured */
export function pidOf(what: string, pid: number | undefined): number {
  if (pid !== undefined) return pid;
  throw BenchmarksError.permanent('benchmarks.process-gone', `${what} was not started here: its CPU cannot be read`);
}
