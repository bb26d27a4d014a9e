import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serverEnvironment } from '../config.js';
import { awaitReady } from '../network/await-ready.js';
import type { ManagedProcess } from '../processes/managed-process.js';
import type { SupervisedRun } from '../processes/supervised-run.js';
import type { DatabaseFiles } from './init-database.js';
import { postgresAccepts } from './startup-ping.js';

export interface ServerPlan {
  readonly files: DatabaseFiles;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Immediate or fast shutdown: both take the shared memory along. */
  readonly leftoverSignal: 'QUIT' | 'INT';
}

const startTimeoutMs = 60_000;
const stopGraceMs = 20_000;

/** The postmaster and, through it, its backends. */
export class PostgresServer {
  private process: ManagedProcess | undefined;

  constructor(
    private readonly run: SupervisedRun,
    private readonly plan: ServerPlan,
  ) {}

  get pid(): number | undefined {
    return this.process?.alive ? this.process.pid : undefined;
  }

  async start(): Promise<void> {
    if (this.process?.alive) return;
    const deadline = Date.now() + 15_000;
    for (;;) {
      this.process = await this.launch();
      try {
        return await awaitReady(this.process, () => postgresAccepts(this.plan.port), startTimeoutMs);
      } catch (error) {
        // After a SIGKILL the old backends hold the shared memory until they notice.
        const wait = /pre-existing shared memory block/.test(this.process.logTail()) && Date.now() < deadline;
        if (!wait) throw error;
        await delay(200);
      }
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') await this.process?.end('SIGKILL', 10_000);
    else this.process?.signal(signal);
  }

  /** `fast`: open transactions are rolled back, data is written out. `immediate`: for data that nobody wants. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.process?.end(mode === 'fast' ? 'SIGINT' : 'SIGQUIT', stopGraceMs);
  }

  logTail(): string {
    return this.process?.logTail() ?? '';
  }

  private launch(): Promise<ManagedProcess> {
    const { files, port, settings, leftoverSignal } = this.plan;
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return this.run.spawn({
      name: 'PostgreSQL',
      command: join(files.binaries, 'bin', 'postgres'),
      args: ['-D', files.dataDirectory, '-p', String(port), ...options],
      cwd: '/',
      env: serverEnvironment(),
      logFile: files.logFile,
      leftoverSignal,
      ...(files.user === undefined ? {} : { user: files.user }),
    });
  }
}
