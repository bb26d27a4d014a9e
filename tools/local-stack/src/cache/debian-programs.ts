import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, toolEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { ensureCompleteDirectory } from './complete-directory.js';
import { type Progress, silentProgress } from './progress.js';

const run = promisify(execFile);
const fetchTimeoutMs = 300_000;

export interface DebianPrograms {
  /** The folder's name in the cache, behind `debian-`. */
  readonly name: string;
  /** Each has a program of its name. */
  readonly packages: readonly string[];
  /** A command line that ends well when the program has its libraries. */
  readonly check: readonly [program: string, ...words: string[]];
}

/** An update client, and what signs and packs images for it. */
export const swUpdatePrograms: DebianPrograms = {
  name: 'swupdate',
  packages: ['swupdate', 'openssl', 'cpio'],
  check: ['swupdate', '--version'],
};

/**
 * Programs of Debian's packages in the cache, with all libraries but the C library: fetched by apt-get at the first call and
 * unpacked, nothing is installed, whatever this machine has.
 * @returns the directory with the commands
 * @throws LocalStackError local-stack.programs-missing, with the reason
 */
export async function ensureDebianPrograms(
  { name, packages, check: [program, ...words] }: DebianPrograms,
  progress: Progress = silentProgress,
): Promise<string> {
  const directory = join(cacheRoot(), `debian-${name}`);
  try {
    await ensureCompleteDirectory(directory, progress, async (temporary) => {
      progress(`fetching ${packages.join(', ')} of Debian (once)`);
      const work = join(temporary, 'work');
      await download(work, packages);
      await unpack(work, packages, temporary);
      await rm(work, { recursive: true });
      await chmod(temporary, 0o755);
      await run(join(temporary, 'bin', program), words);
    });
  } catch (cause) {
    const lines = ((cause as Partial<Error>).message ?? String(cause)).split('\n');
    const reason = lines.find((line) => line.startsWith('E:')) ?? lines[0];
    const message = `${packages.join(', ')} cannot be had from Debian's packages: ${reason}`;
    throw LocalStackError.permanent('local-stack.programs-missing', message, { cause });
  }
  return join(directory, 'bin');
}

/** Into `archives`: the packages and all that they need, as for a machine that has none. Takes no lock. */
async function download(work: string, packages: readonly string[]): Promise<void> {
  await mkdir(join(work, 'archives', 'partial'), { recursive: true });
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  const options = [
    ...['APT::Sandbox::User=root', 'Debug::NoLocking=true', `Dir::State::status=${work}/status`],
    ...[`Dir::Cache::archives=${work}/archives`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='],
  ];
  const install = ['install', '--download-only', '--yes', '--no-install-recommends', ...packages];
  await aptGet(options, install).catch(async () => {
    const ownLists = [...options, `Dir::State::Lists=${work}/lists`]; // the machine's may be old or missing
    await aptGet([...ownLists, 'APT::Update::Error-Mode=any'], ['update']);
    await aptGet(ownLists, install);
  });
}

async function aptGet(options: readonly string[], words: readonly string[]): Promise<void> {
  const given = options.flatMap((option) => ['-o', option]);
  const env = { ...toolEnvironment(), LC_ALL: 'C' };
  await run('apt-get', ['--quiet', ...given, ...words], { timeout: fetchTimeoutMs, maxBuffer: 16 << 20, env });
}

/** Libraries go into `lib`, programs into `programs`, and for each a command into `bin` that runs it with these libraries. */
async function unpack(work: string, packages: readonly string[], directory: string): Promise<void> {
  const root = join(work, 'root');
  const [bin, lib, programs] = [join(directory, 'bin'), join(directory, 'lib'), join(directory, 'programs')];
  for (const folder of [bin, lib, programs]) await mkdir(folder);
  for (const archive of await readdir(join(work, 'archives'))) {
    // The C library goes with the loader that the machine has.
    if (!archive.endsWith('.deb') || archive.startsWith('libc6_')) continue;
    await run('dpkg-deb', ['-x', join(work, 'archives', archive), root]);
  }
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const [folder, path] = [relative(root, entry.parentPath), join(entry.parentPath, entry.name)];
    if (/^(usr\/)?lib(\/[^/]+-linux-[^/]+)?$/.test(folder) && /\.so(\.\d+)+$/.test(entry.name))
      await cp(path, join(lib, entry.name), { verbatimSymlinks: true });
    if (!entry.isFile() || !/^(usr\/)?bin$/.test(folder) || !packages.includes(entry.name)) continue;
    await cp(path, join(programs, entry.name));
    const command = `LD_LIBRARY_PATH="$here/lib" exec "$here/programs/${entry.name}" "$@"`;
    await writeFile(join(bin, entry.name), `#!/bin/sh\nhere="\${0%/*}/.."\n${command}\n`, { mode: 0o755 });
  }
}
