import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensurePostgresBinaries } from '../cache/postgres-binaries.js';
import { type Progress, silentProgress } from '../cache/progress.js';
import { freePorts, requireFreePort } from '../network/ports.js';
import { SupervisedRun } from '../processes/supervised-run.js';
import { type DatabaseFiles, initDatabase } from './init-database.js';
import { PostgresServer } from './postgres-server.js';
import { requireReachable, serverUser } from './server-user.js';

export interface StartPostgresOptions {
  /** Kept between starts; default: a throw-away directory (then `fsync` is off). */
  readonly dataDir?: string;
  /** Throw-away data lies on a volume of its own of this size, which can be filled. For root only. */
  readonly volumeBytes?: number;
  /** Default: a free one. */
  readonly port?: number;
  /** Server settings on top of ours, e.g. `{ max_connections: '50' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Progress;
}

export interface Postgres {
  /** `postgres://postgres:<password>@127.0.0.1:<port>/postgres`; that user is a superuser, its password is made at random. */
  readonly url: string;
  readonly port: number;
  /** Of the postmaster; undefined while it is not running. */
  readonly pid: number | undefined;
  readonly logFile: string;
  /** The server's directory; what stands beside it lies on the same volume. */
  readonly dataDirectory: string;
  /** The last lines of its log. */
  logTail(): string;
  /** Sends the signal to the postmaster. With SIGKILL (the default) resolves when it has ended, with others at once. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** An orderly stop (open transactions are rolled back) after which {@link start} can follow. */
  pause(): Promise<void>;
  /** Starts it again where it was. @throws LocalStackError local-stack.start-failed */
  start(): Promise<void>;
  /** Stops for good; deletes throw-away data. */
  stop(): Promise<void>;
}

const baseSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  max_wal_size: '2GB',
};
/** Survives SIGKILL of the server, not of the machine. */
const throwAwaySettings = { fsync: 'off', full_page_writes: 'off' };

/**
 * Starts a real PostgreSQL 18 on 127.0.0.1 and waits until it takes connections. Ends with this process, however that ends.
 * @throws LocalStackError postgres-missing, postgres-unreachable, port-taken, volume-refused, start-failed
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<Postgres> {
  const binaries = await ensurePostgresBinaries(options.log ?? silentProgress);
  if (options.port !== undefined) await requireFreePort(options.port, 'PostgreSQL');
  const [port = 0] = options.port === undefined ? await freePorts(1) : [options.port];
  const run = await SupervisedRun.open();
  const throwAway = options.dataDir === undefined;
  try {
    const files = prepareFiles(run, binaries, options);
    const password = await initDatabase(run, files);
    const server = new PostgresServer(run, {
      files,
      port,
      settings: { ...baseSettings, ...(throwAway ? throwAwaySettings : {}), ...options.settings },
      leftoverSignal: throwAway ? 'QUIT' : 'INT',
    });
    await server.start();
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      get pid() {
        return server.pid;
      },
      logFile: files.logFile,
      dataDirectory: files.dataDirectory,
      logTail: () => server.logTail(),
      kill: (signal) => server.kill(signal),
      pause: () => server.stop(),
      start: () => server.start(),
      stop: async () => {
        await server.stop(throwAway ? 'immediate' : 'fast');
        await run.close();
      },
    };
  } catch (error) {
    await run.close();
    throw error;
  }
}

function prepareFiles(
  run: SupervisedRun,
  binaries: string,
  { dataDir, volumeBytes }: StartPostgresOptions,
): DatabaseFiles {
  const user = serverUser();
  requireReachable(binaries, user, 'Set MYELIN_CACHE to a directory that every user can read.');
  const directory = dataDir === undefined ? run.temporaryDirectory('postgres') : resolve(dataDir);
  mkdirSync(directory, { recursive: true });
  const remedy =
    dataDir === undefined
      ? 'Set TMPDIR to a directory that every user can enter.'
      : 'Choose a directory that every user can enter.';
  requireReachable(directory, user, remedy);
  return {
    binaries,
    directory,
    dataDirectory: join(volumeBytes === undefined ? directory : run.memoryVolume('volume', volumeBytes), 'data'),
    logFile: join(directory, 'postgres.log'),
    user,
  };
}
