import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from '../cache/file-lock.js';
import { cacheRoot } from '../config.js';
import { type Guardian, startGuardian } from './guardian.js';
import { cleanUpLeftovers } from './leftovers.js';
import { ManagedProcess, type ProcessPlan } from './managed-process.js';
import { mountMemory, unmount } from './memory-volume.js';
import { RunRecord } from './run-record.js';

export function runsDirectory(): string {
  return join(cacheRoot(), 'runs');
}

/** What one start has made: processes, throw-away directories, the record of both and the guardian over them. */
export class SupervisedRun {
  private readonly temporary: string[] = [];
  private readonly mounted: string[] = [];

  private constructor(
    private readonly record: RunRecord,
    private readonly guardian: Guardian,
  ) {}

  /** Cleans up what earlier runs have left, then opens a new one. */
  static async open(): Promise<SupervisedRun> {
    const runs = runsDirectory();
    mkdirSync(runs, { recursive: true });
    await withLock(join(runs, '.lock'), { timeoutMs: 60_000 }, () => cleanUpLeftovers(runs));
    const record = RunRecord.create(runs);
    return new SupervisedRun(record, startGuardian(record));
  }

  get guardianPid(): number {
    return this.guardian.pid;
  }

  /** A throw-away directory; others may pass through it, so that a server of another user can live in it. */
  temporaryDirectory(purpose: string): string {
    const directory = mkdtempSync(join(tmpdir(), `myelin-${purpose}-`));
    this.record.addDirectory(directory);
    this.temporary.push(directory);
    chmodSync(directory, 0o711);
    return directory;
  }

  /**
   * A throw-away directory that is a volume of its own, in memory, and can therefore be full. For root only.
   * @throws LocalStackError local-stack.volume-refused
   */
  memoryVolume(purpose: string, maxBytes: number): string {
    const directory = this.temporaryDirectory(purpose);
    this.record.addMount(directory);
    mountMemory(directory, maxBytes);
    this.mounted.push(directory);
    return directory;
  }

  spawn(plan: ProcessPlan): Promise<ManagedProcess> {
    return ManagedProcess.spawn(plan, this.record);
  }

  /** Call when every process has ended. Deletes the throw-away directories and the record. */
  async close(): Promise<void> {
    for (const directory of this.mounted) unmount(directory);
    for (const directory of this.temporary) await deleteDirectory(directory);
    this.record.delete();
    await this.guardian.dismiss();
  }
}

/** PostgreSQL's helpers may write a last file while the directory goes: try again. */
async function deleteDirectory(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      rmSync(directory, { recursive: true, force: true });
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await delay(50);
    }
  }
}
