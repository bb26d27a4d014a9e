import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import type { SupervisedRun } from '../processes/supervised-run.js';
import { type ServerUser, handOver } from './server-user.js';

export interface DatabaseFiles {
  readonly binaries: string;
  /** Ours; holds the log, and for kept data the password. */
  readonly directory: string;
  /** The server's. */
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
}

/**
 * Makes the database cluster when there is none. The superuser's password is made here and lies beside the data,
 * readable by us only.
 * @returns the password of the superuser `postgres`
 * @throws LocalStackError local-stack.start-failed with what initdb said
 */
export async function initDatabase(run: SupervisedRun, files: DatabaseFiles): Promise<string> {
  const passwordFile = join(files.directory, 'superuser.password');
  if (existsSync(files.dataDirectory)) return readFileSync(passwordFile, 'utf8');
  const unfinished = `${files.dataDirectory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  handOver(unfinished, files.user);
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (files.user !== undefined) chownSync(passwordFile, files.user.uid, files.user.gid);
  const initdb = await run.spawn({
    name: 'initdb',
    command: join(files.binaries, 'bin', 'initdb'),
    args: [
      ...['-D', unfinished, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale=C', '--no-sync', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC'],
    ],
    cwd: '/',
    env: serverEnvironment(),
    logFile: files.logFile,
    leftoverSignal: 'KILL',
    ...(files.user === undefined ? {} : { user: files.user }),
  });
  await initdb.waitForExit(60_000);
  if (!initdb.succeeded) {
    await initdb.end('SIGKILL', 1_000);
    const message = `initdb failed; the end of its log:\n${initdb.logTail()}`;
    throw LocalStackError.permanent('local-stack.start-failed', message);
  }
  renameSync(unfinished, files.dataDirectory);
  return password;
}
