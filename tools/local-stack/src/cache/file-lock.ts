import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalStackError } from '../local-stack.errors.js';
import { placeOfProcesses, processIdentity } from '../processes/identity.js';
import { type Progress, silentProgress } from './progress.js';

export interface LockOptions {
  readonly timeoutMs: number;
  readonly progress?: Progress;
}

/**
 * Runs `work` while no other process holds the lock at `path`. A lock whose holder is gone is taken over.
 * @throws LocalStackError local-stack.lock-timeout
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(path, options);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function acquire(path: string, { timeoutMs, progress = silentProgress }: LockOptions): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  let told = false;
  while (!claim(path)) {
    if (holderIsGone(path)) {
      breakLock(path);
      continue;
    }
    if (Date.now() > deadline) {
      const message = `another process holds ${path}; delete that file when none is running`;
      throw LocalStackError.retryable('local-stack.lock-timeout', message);
    }
    if (!told) progress(`waiting for another process that holds ${path}`);
    told = true;
    await delay(100);
  }
}

const myself = (): string => {
  const { boot, namespace } = placeOfProcesses();
  return `${process.pid} ${boot} ${namespace} ${processIdentity(process.pid) ?? ''}`;
};

function claim(path: string): boolean {
  try {
    writeFileSync(path, myself(), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holderIsGone(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    // Between its making and its writing a lock is empty.
    if (text === '') return Date.now() - statSync(path).mtimeMs > 5_000;
  } catch {
    return false;
  }
  const [pid, boot, namespace, ...identity] = text.split(' ');
  const here = placeOfProcesses();
  if (boot !== here.boot) return true;
  return namespace === here.namespace && processIdentity(Number(pid)) !== identity.join(' ');
}

/** Only one of several waiters may break it, and only if it is still the dead one: that is what the second file is for. */
function breakLock(path: string): void {
  const breaking = `${path}.breaking`;
  if (!claim(breaking)) {
    if (holderIsGone(breaking)) rmSync(breaking, { force: true });
    return;
  }
  try {
    if (holderIsGone(path)) rmSync(path, { force: true });
  } finally {
    rmSync(breaking, { force: true });
  }
}
