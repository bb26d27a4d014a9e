import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from '../local-stack.errors.js';
import { processIdentity } from './identity.js';
import type { RunRecord } from './run-record.js';

export interface ProcessPlan {
  /** For messages, e.g. `Kafka node 2`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What ends it when its owner is gone; without the `SIG`. */
  readonly leftoverSignal: string;
}

/** A server that we have started: in a session of its own, on record until it has ended, no reason to stay alive. */
export class ManagedProcess {
  readonly pid: number;
  private running = true;
  private outcome: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    readonly plan: ProcessPlan,
    record: RunRecord,
  ) {
    this.pid = child.pid as number;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.running = false;
        this.outcome = { code, signal };
        record.removeProcess(this.pid);
        resolve();
      });
    });
    child.unref();
  }

  /** @throws LocalStackError local-stack.start-failed when the program cannot be executed */
  static async spawn(plan: ProcessPlan, record: RunRecord): Promise<ManagedProcess> {
    const log = openSync(plan.logFile, 'a');
    const child = spawn(plan.command, plan.args, {
      ...{ cwd: plan.cwd, env: plan.env, stdio: ['ignore', log, log], detached: true },
      ...plan.user,
    });
    closeSync(log);
    if (child.pid === undefined) {
      const cause = await new Promise((resolve) => {
        child.once('error', resolve);
      });
      throw LocalStackError.permanent('local-stack.start-failed', `${plan.name} could not be executed`, { cause });
    }
    const identity = processIdentity(child.pid);
    if (identity !== undefined) record.addProcess({ pid: child.pid, identity, signal: plan.leftoverSignal });
    return new ManagedProcess(child, plan, record);
  }

  get alive(): boolean {
    return this.running;
  }

  /** True once it has ended with status 0. */
  get succeeded(): boolean {
    return this.outcome?.code === 0;
  }

  /** Null while it runs, and when a signal has ended it. */
  get exitCode(): number | null {
    return this.outcome?.code ?? null;
  }

  get exitSignal(): NodeJS.Signals | null {
    return this.outcome?.signal ?? null;
  }

  /** Resolves when it has ended; does not keep this process alive. */
  get gone(): Promise<void> {
    return this.ended;
  }

  /** Sends the signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child.kill(signal);
  }

  /** Resolves when the process has ended; false when that takes longer. */
  async waitForExit(timeoutMs: number): Promise<boolean> {
    if (!this.running) return true;
    const giveUp = new AbortController();
    const late = delay(timeoutMs, false, { signal: giveUp.signal }).catch(() => false);
    this.child.ref();
    const gone = await Promise.race([this.ended.then(() => true), late]);
    this.child.unref();
    giveUp.abort();
    return gone;
  }

  /** Asks with `signal`, then insists with SIGKILL. A stopped (SIGSTOP) process is continued first. */
  async end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.signal(signal);
    this.signal('SIGCONT');
    if (await this.waitForExit(graceMs)) return;
    this.signal('SIGKILL');
    if (await this.waitForExit(10_000)) return;
    throw LocalStackError.permanent('local-stack.stop-failed', `${this.plan.name} (pid ${this.pid}) does not end`);
  }

  /** The last lines of its log, for messages. */
  logTail(lines = 15): string {
    try {
      return readFileSync(this.plan.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }
}
