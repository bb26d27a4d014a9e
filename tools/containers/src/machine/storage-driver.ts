import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.js';

/** `vfs` works everywhere and copies a whole file system per layer; `overlay` needs a kernel and a disk that can. */
export type StorageDriver = 'overlay' | 'vfs';

const timeoutMs = 10_000;

/** By trying it, in a throw-away folder below this one. */
export async function storageDriverIn(folder: string): Promise<StorageDriver> {
  const work = await mkdtemp(join(folder, 'overlay-'));
  const [lower, upper, own, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(work, name));
  try {
    for (const each of [lower, upper, own, merged]) await mkdir(each as string);
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${own}`;
    await runProgram('mount', ['-t', 'overlay', 'overlay', '-o', options, merged as string], { timeoutMs });
    await runProgram('umount', [merged as string], { timeoutMs });
    return 'overlay';
  } catch {
    return 'vfs';
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
