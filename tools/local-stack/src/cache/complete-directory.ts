import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withLock } from './file-lock.js';
import { type Progress } from './progress.js';

const marker = 'complete.json';

/** True when every file is there with the size that it had when the directory was published. */
export function isComplete(directory: string): boolean {
  try {
    const sizes = JSON.parse(readFileSync(join(directory, marker), 'utf8')) as Record<string, number>;
    return Object.entries(sizes).every(([name, size]) => statSync(join(directory, name)).size === size);
  } catch {
    return false;
  }
}

/**
 * Makes sure that `directory` holds what `fill` writes: whole, or not at all. Parallel callers wait for the first.
 * A directory that is not complete is replaced.
 */
export async function ensureCompleteDirectory(
  directory: string,
  progress: Progress,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  if (isComplete(directory)) return;
  const parent = dirname(directory);
  mkdirSync(parent, { recursive: true });
  const lock = { timeoutMs: 20 * 60_000, progress };
  await withLock(join(parent, `.${basename(directory)}.lock`), lock, async () => {
    if (isComplete(directory)) return;
    const prefix = `.${basename(directory)}.part-`;
    for (const name of readdirSync(parent)) {
      if (name.startsWith(prefix)) rmSync(join(parent, name), { recursive: true, force: true });
    }
    const temporary = mkdtempSync(join(parent, prefix));
    try {
      await fill(temporary);
      publish(temporary, directory);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
}

function publish(temporary: string, directory: string): void {
  const files = readdirSync(temporary, { recursive: true, encoding: 'utf8' });
  const sizes = files
    .map((name) => [name, statSync(join(temporary, name))] as const)
    .filter(([, stat]) => stat.isFile())
    .map(([name, stat]) => [name, stat.size] as const);
  writeFileSync(join(temporary, marker), JSON.stringify(Object.fromEntries(sizes)));
  rmSync(directory, { recursive: true, force: true });
  renameSync(temporary, directory);
}
