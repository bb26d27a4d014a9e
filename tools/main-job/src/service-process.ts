import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '@myelin/kernel';
import type { ManagedProcess, SupervisedRun } from '@myelin/local-stack';
import { MainJobError } from './main-job.errors.js';
import { workspaceFolder } from './services.js';

export interface ServiceSpecification {
  readonly name: string;
  /** The compiled entry module. */
  readonly entry: string;
  readonly url: string;
  /** Absent: whoever asks has no use for it. */
  readonly adminUrl?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const maxRestartsPerMinute = 20;
/** A service that ended this often before it was ever ready will not become so. */
const maxFailedStarts = 3;

/**
 * One service as a process of its own, started again when it ends without being asked to. It is in a session of its
 * own, so that Ctrl-C reaches it through the main job only, and on the run's record, so that it never outlives it.
 */
export class ServiceProcess {
  #child: ManagedProcess | undefined;
  #stopping = false;
  #restartsMs: number[] = [];
  #restarts = 0;
  #wasReady = false;
  #failedStarts = 0;

  constructor(
    private readonly specification: ServiceSpecification,
    private readonly run: SupervisedRun,
    private readonly onUnexpectedExit: (name: string, how: string) => void,
  ) {}

  get name(): string {
    return this.specification.name;
  }

  get url(): string {
    return this.specification.url;
  }

  get adminUrl(): string | undefined {
    return this.specification.adminUrl;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Times it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** For the first time, or after `stop`. @throws LocalStackError local-stack.start-failed */
  async start(): Promise<void> {
    this.#stopping = false;
    const { name, entry, env, logFile } = this.specification;
    const child = await this.run.spawn({
      name,
      command: process.execPath,
      args: ['--import', '@myelin/observability/register', entry],
      cwd: workspaceFolder,
      env: { ...inheritedEnvironment(), ...env },
      logFile,
      leftoverSignal: 'TERM',
    });
    this.#child = child;
    void child.gone.then(() => this.#exited(child));
    if (this.#stopping) child.signal('SIGKILL');
  }

  /** Resolves when the service says that it is ready. @throws MainJobError main-job.service-not-ready */
  async ready(deadlineMs: number): Promise<void> {
    const end = Date.now() + deadlineMs;
    const failuresBefore = this.#failedStarts;
    let last = 'no answer';
    while (Date.now() < end && this.#failedStarts - failuresBefore < maxFailedStarts) {
      try {
        const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
        if (response.ok) {
          this.#wasReady = true;
          return;
        }
        last = `${response.status} ${(await response.text()).slice(0, 300)}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await delay(100);
    }
    throw MainJobError.permanent(
      'main-job.service-not-ready',
      `${this.name} was not ready (${last}); the end of its log:\n${await this.#logTail()}`,
    );
  }

  async #logTail(): Promise<string> {
    const text = await readFile(this.specification.logFile, 'utf8').catch(() => '');
    return text.trimEnd().split('\n').slice(-8).join('\n').slice(-4_000);
  }

  /** Sends a signal to the running process; it is started again if the signal ends it. */
  kill(signal: NodeJS.Signals): boolean {
    const child = this.#child;
    if (child?.alive !== true) return false;
    child.signal(signal);
    return true;
  }

  /** Asks it to stop, and ends it when it has not within the deadline. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#child?.alive === true) await this.#child.end('SIGTERM', deadlineMs);
  }

  #exited(child: ManagedProcess): void {
    if (this.#stopping || child !== this.#child) return;
    this.onUnexpectedExit(this.name, child.exitSignal ?? `exit code ${String(child.exitCode)}`);
    if (!this.#wasReady) this.#failedStarts += 1;
    const now = Date.now();
    this.#restartsMs = [...this.#restartsMs.filter((at) => now - at < 60_000), now];
    if (this.#restartsMs.length > maxRestartsPerMinute) {
      this.onUnexpectedExit(this.name, `not started again: it ended ${maxRestartsPerMinute} times within a minute`);
      return;
    }
    this.#restarts += 1;
    this.start().catch((error: unknown) => this.onUnexpectedExit(this.name, describeError(error)));
  }
}

/** What services may see of this process's environment: the machine, not the stack's superuser. */
function inheritedEnvironment(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'LANG',
    'TZ',
    'TMPDIR',
    'NODE_EXTRA_CA_CERTS',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'TRACE_SAMPLE_RATIO',
    'LOG_LEVEL',
    'PUBLISH_ENGINE',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
