import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ContainersError } from '../containers.errors.js';
import type { Podman } from './podman.js';
import { runProgram } from './run-program.js';

/** npm of the stand-in; upstream's image brings the one of its Node. */
const pinnedNpm = '11.19.1';
const suite = 'bookworm';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const minutesMs = 60_000;

/** Upstream's image, or one made on this machine from the same parts under the same name. */
export type BaseOrigin = 'there already' | 'made here';

/** Node's version in the name of the base image. @throws ContainersError containers.machine-unfit */
export function nodeVersionOf(image: string): string {
  const [, version] = /:(\d+\.\d+\.\d+)-bookworm-slim$/.exec(image) ?? [];
  if (version !== undefined) return version;
  const message = `${image} cannot be stood in for: its tag has to be <Node's version>-bookworm-slim`;
  throw ContainersError.permanent('containers.machine-unfit', message);
}

/**
 * Makes sure that the base image is in the store. Nothing is pulled: where it is not there it is put together from Debian's own
 * packages, and Node and npm from their npm packages.
 * @throws ContainersError
 */
export async function ensureBaseImage(
  podman: Podman,
  image: string,
  {
    cache,
    say,
    signal,
  }: { readonly cache: string; readonly say: (line: string) => void; readonly signal: AbortSignal },
): Promise<BaseOrigin> {
  if (await podman.has(image)) return 'there already';
  const node = nodeVersionOf(image);
  say(`making ${image} from Debian's packages (once)`);
  const work = await mkdtemp(join(cache, 'base-'));
  try {
    const root = join(work, 'root');
    const options = { timeoutMs: 10 * minutesMs, signal };
    const debootstrap = ['--variant=minbase', suite, root, await debianMirror(signal)];
    await runProgram('debootstrap', debootstrap, {
      ...options,
      env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
    });
    await slim(root);
    await addNode(root, join(work, 'npm'), node, signal);
    const archive = join(work, 'root.tar');
    await runProgram('tar', ['-C', root, '--numeric-owner', '-c', '-f', archive, '.'], options);
    const settings = [
      '--change',
      `ENV PATH=${path}`,
      '--change',
      `ENV NODE_VERSION=${node}`,
      '--change',
      'CMD ["node"]',
    ];
    await podman.run(['import', ...settings, archive, image], options);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return 'made here';
}

/** Where this machine has the suite from. */
async function debianMirror(signal: AbortSignal): Promise<string> {
  const words = ['indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages', 'Component: main'];
  const { stdout } = await runProgram('apt-get', words, { timeoutMs: minutesMs, signal });
  const found = stdout.split('\n').find((line) => line.startsWith(`${suite} `));
  return found?.slice(suite.length + 1) ?? 'http://deb.debian.org/debian';
}

/** Without package lists, and with Debian's own address in place of the one that was near. */
async function slim(root: string): Promise<void> {
  for (const folder of ['var/lib/apt/lists', 'var/cache/apt', 'usr/share/doc', 'usr/share/man', 'var/log']) {
    await rm(join(root, folder), { recursive: true, force: true });
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeFile(join(root, 'etc/apt/sources.list'), `deb http://deb.debian.org/debian ${suite} main\n`);
}

async function addNode(root: string, folder: string, version: string, signal: AbortSignal): Promise<void> {
  const name = `node-linux-${process.arch}`;
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  const env = Object.fromEntries(Object.entries(process.env).filter(([each]) => !/^npm_/i.test(each)));
  const wanted = [`npm@${pinnedNpm}`, `${name}@${version}`];
  await runProgram('npm', ['install', ...quiet, ...wanted], { cwd: folder, env, timeoutMs: 5 * minutesMs, signal });
  const local = join(root, 'usr/local');
  await mkdir(join(local, 'lib/node_modules'), { recursive: true });
  await cp(join(folder, 'node_modules', name, 'bin/node'), join(local, 'bin/node'));
  await cp(join(folder, 'node_modules/npm'), join(local, 'lib/node_modules/npm'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const each of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${each}-cli.js`, join(local, 'bin', each));
}
