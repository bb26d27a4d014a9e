import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uuidv7 } from '@myelin/kernel';
import { placeOfProcesses, processIdentity } from './identity.js';

export interface RecordedProcess {
  readonly pid: number;
  /** See `processIdentity`. */
  readonly identity: string;
  /** Sent first when the owner is gone; `KILL` follows when it does not help. Without the `SIG`. */
  readonly signal: string;
}

export interface Owner {
  readonly pid: number;
  readonly identity: string;
  readonly boot: string;
  readonly namespace: string;
}

/**
 * On disk, what one caller has started and must not outlive it. Plain files in one directory per run,
 * so that the guardian (a shell script) and the next start read the same facts:
 * `owner.json`, `processes/<pid>` = `<signal> <identity>`, `mounts/<name>` = a path to unmount, then
 * `directories/<name>` = a path to delete.
 */
export class RunRecord {
  private constructor(
    readonly path: string,
    readonly owner: Owner,
  ) {}

  static create(runsDirectory: string): RunRecord {
    const owner: Owner = {
      pid: process.pid,
      identity: processIdentity(process.pid) ?? 'unknown',
      ...placeOfProcesses(),
    };
    const path = join(runsDirectory, uuidv7());
    mkdirSync(join(path, 'processes'), { recursive: true });
    mkdirSync(join(path, 'directories'));
    mkdirSync(join(path, 'mounts'));
    writeFileSync(join(path, 'owner.json'), JSON.stringify(owner));
    return new RunRecord(path, owner);
  }

  /** Every run on record. A record that is half written is left to the next look. */
  static list(runsDirectory: string): RunRecord[] {
    return entries(runsDirectory).flatMap((name) => {
      const path = join(runsDirectory, name);
      try {
        return [new RunRecord(path, JSON.parse(readFileSync(join(path, 'owner.json'), 'utf8')) as Owner)];
      } catch {
        return [];
      }
    });
  }

  addProcess({ pid, identity, signal }: RecordedProcess): void {
    writeFileSync(join(this.path, 'processes', String(pid)), `${signal} ${identity}\n`);
  }

  removeProcess(pid: number): void {
    rmSync(join(this.path, 'processes', String(pid)), { force: true });
  }

  /** The directory goes when the run ends, however it ends. */
  addDirectory(directory: string): void {
    writeFileSync(join(this.path, 'directories', uuidv7()), directory);
  }

  /** The file system mounted there is unmounted before the directories go. */
  addMount(directory: string): void {
    writeFileSync(join(this.path, 'mounts', uuidv7()), directory);
  }

  processes(): RecordedProcess[] {
    return entries(join(this.path, 'processes')).flatMap((name) => {
      const [, signal, identity] = /^(\S+) (.+)\n$/.exec(this.read('processes', name)) ?? [];
      return signal === undefined || identity === undefined ? [] : [{ pid: Number(name), signal, identity }];
    });
  }

  directories(): string[] {
    return entries(join(this.path, 'directories')).map((name) => this.read('directories', name));
  }

  mounts(): string[] {
    return entries(join(this.path, 'mounts')).map((name) => this.read('mounts', name));
  }

  ownerIsAlive(): boolean {
    return processIdentity(this.owner.pid) === this.owner.identity;
  }

  delete(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private read(kind: string, name: string): string {
    try {
      return readFileSync(join(this.path, kind, name), 'utf8');
    } catch {
      return '';
    }
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
