import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot, toolEnvironment } from '../config.js';
import { LocalStackError } from '../local-stack.errors.js';
import { ensureCompleteDirectory } from './complete-directory.js';
import { debianSources } from './debian-sources.js';
import { type Progress, silentProgress } from './progress.js';

const run = promisify(execFile);
const fetchTimeoutMs = 300_000;

export interface DebianPrograms {
  /** The folder's name in the cache, behind `debian-`. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Default: each package has a program of its name. */
  readonly programs?: readonly string[];
  /** Debian's, where this machine's own has no such packages; they come with a C library of their own. */
  readonly suite?: string;
  /** A command line that ends well when the program has its libraries. */
  readonly check: readonly [program: string, ...words: string[]];
}

/** An update client, and what signs and packs images for it. */
export const swUpdatePrograms: DebianPrograms = {
  name: 'swupdate',
  packages: ['swupdate', 'openssl', 'cpio'],
  check: ['swupdate', '--version'],
};

/** An update client, and the bus on which it looks for RAUC. */
export const raucPrograms: DebianPrograms = {
  name: 'rauc',
  packages: ['rauc-hawkbit-updater', 'dbus-daemon'],
  suite: 'sid',
  check: ['rauc-hawkbit-updater', '--version'],
};

/** What collects metrics, and what tries its rules. */
export const prometheusPrograms: DebianPrograms = {
  name: 'prometheus',
  packages: ['prometheus'],
  programs: ['prometheus', 'promtool'],
  check: ['promtool', '--version'],
};

/**
 * Programs of Debian's packages in the cache, with all libraries (but the C library, where they are of this machine's suite):
 * fetched by apt-get at the first call and unpacked, nothing is installed, whatever this machine has.
 * @returns the directory with the commands
 * @throws LocalStackError local-stack.programs-missing, with the reason
 */
export async function ensureDebianPrograms(
  wanted: DebianPrograms,
  progress: Progress = silentProgress,
): Promise<string> {
  const { name, packages, suite } = wanted;
  const [program, ...words] = wanted.check;
  const directory = join(cacheRoot(), `debian-${name}`);
  try {
    await ensureCompleteDirectory(directory, progress, async (temporary) => {
      progress(`fetching ${packages.join(', ')} of Debian${suite === undefined ? '' : ` ${suite}`} (once)`);
      const work = join(temporary, 'work');
      await download(work, wanted);
      await unpack(work, wanted, temporary);
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
async function download(work: string, { packages, suite }: DebianPrograms): Promise<void> {
  await mkdir(join(work, 'archives', 'partial'), { recursive: true });
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  const options = [
    ...['APT::Sandbox::User=root', 'Debug::NoLocking=true', `Dir::State::status=${work}/status`],
    ...[`Dir::Cache::archives=${work}/archives`, 'Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache='],
    ...(suite === undefined ? [] : await useSuite(work, suite)),
  ];
  const install = ['install', '--download-only', '--yes', '--no-install-recommends', ...packages];
  await aptGet(options, install).catch(async () => {
    const ownLists = [...options, `Dir::State::Lists=${work}/lists`]; // the machine's may be old or missing
    await aptGet([...ownLists, 'APT::Update::Error-Mode=any'], ['update']);
    await aptGet(ownLists, install);
  });
}

/** @returns options of apt-get with which this suite is all that there is */
async function useSuite(work: string, suite: string): Promise<string[]> {
  const { list, sources } = await debianSources(suite);
  const folder = join(work, 'sources');
  await mkdir(folder);
  await writeFile(join(folder, 'debian.list'), list);
  await writeFile(join(folder, 'debian.sources'), sources);
  const preferences = [
    'APT::Default-Release=',
    'Dir::Etc::preferences=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
  ];
  return ['Dir::Etc::sourcelist=/dev/null', `Dir::Etc::sourceparts=${folder}`, ...preferences];
}

async function aptGet(options: readonly string[], words: readonly string[]): Promise<void> {
  const given = options.flatMap((option) => ['-o', option]);
  const env = { ...toolEnvironment(), LC_ALL: 'C' };
  await run('apt-get', ['--quiet', ...given, ...words], { timeout: fetchTimeoutMs, maxBuffer: 16 << 20, env });
}

/** Libraries go into `lib`, programs into `programs`, and for each a command into `bin` that runs it with these libraries. */
async function unpack(work: string, wanted: DebianPrograms, directory: string): Promise<void> {
  const { suite } = wanted;
  const names = wanted.programs ?? wanted.packages;
  const root = join(work, 'root');
  const [bin, lib, programs] = [join(directory, 'bin'), join(directory, 'lib'), join(directory, 'programs')];
  for (const folder of [bin, lib, programs]) await mkdir(folder);
  const loaded = `exec "$here"/lib/ld-linux*.so.* --library-path "$here/lib"`;
  const load = suite === undefined ? 'LD_LIBRARY_PATH="$here/lib" exec' : loaded;
  for (const archive of await readdir(join(work, 'archives'))) {
    // The C library goes with its loader: the machine's has no other.
    if (!archive.endsWith('.deb') || (suite === undefined && archive.startsWith('libc6_'))) continue;
    await run('dpkg-deb', ['-x', join(work, 'archives', archive), root]);
  }
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    const [folder, path] = [relative(root, entry.parentPath), join(entry.parentPath, entry.name)];
    if (/^(usr\/)?lib(\/[^/]+-linux-[^/]+)?$/.test(folder) && /\.so(\.\d+)+$/.test(entry.name))
      await cp(path, join(lib, entry.name), { verbatimSymlinks: true });
    if (!entry.isFile() || !/^(usr\/)?bin$/.test(folder) || !names.includes(entry.name)) continue;
    await cp(path, join(programs, entry.name));
    const command = `${load} "$here/programs/${entry.name}" "$@"`;
    await writeFile(join(bin, entry.name), `#!/bin/sh\nhere="\${0%/*}/.."\n${command}\n`, { mode: 0o755 });
  }
}
