import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { userInfo } from 'node:os';
import { LocalStackError } from '../local-stack.errors.js';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root: then it gets the ids of `nobody`. Undefined = run it as who we are.
 * @throws LocalStackError local-stack.start-failed when our id has no name, as in some containers: initdb needs one
 */
export function serverUser(uid = process.getuid?.(), lookUp: () => unknown = userInfo): ServerUser | undefined {
  if (uid === 0) return { uid: 65_534, gid: 65_534 };
  try {
    lookUp();
  } catch (cause) {
    const message =
      `PostgreSQL does not run for user id ${uid}, which has no name on this machine: ` +
      'add it to /etc/passwd, run as another user, or name a running server with DATABASE_URL';
    throw LocalStackError.permanent('local-stack.start-failed', message, { cause });
  }
  return undefined;
}

/** Gives the directory to the server alone (PostgreSQL insists on 0700). */
export function handOver(directory: string, user: ServerUser | undefined): void {
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  chmodSync(directory, 0o700);
}

/** @throws LocalStackError local-stack.postgres-unreachable when the server's user cannot get into the directory */
export function requireReachable(directory: string, user: ServerUser | undefined, remedy: string): void {
  if (user === undefined) return;
  const { status } = spawnSync('/bin/sh', ['-c', 'cd "$1" && pwd', 'sh', directory], { ...user, cwd: '/' });
  if (status === 0) return;
  const message = `PostgreSQL does not run as root, and user ${user.uid}, as whom it runs instead, cannot get into ${directory}. ${remedy}`;
  throw LocalStackError.permanent('local-stack.postgres-unreachable', message);
}
