import { spawnSync } from 'node:child_process';
import { LocalStackError } from '../local-stack.errors.js';

/** Mounts a file system in memory over the directory; others may pass through it. @throws LocalStackError local-stack.volume-refused */
export function mountMemory(directory: string, maxBytes: number): void {
  const options = `size=${maxBytes},mode=0711`;
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], {
    encoding: 'utf8',
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim();
  const message = `a small volume cannot be made here (${reason}): it takes Linux, root and the right to mount`;
  throw LocalStackError.permanent('local-stack.volume-refused', message);
}

/** Also when something still uses it; not being mounted is no fault. */
export function unmount(directory: string): void {
  spawnSync('umount', ['-l', directory], { stdio: 'ignore' });
}
