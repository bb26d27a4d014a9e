import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.js';

const timeoutMs = 30_000;
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** How this machine's npm reaches its registry: files for secrets of a build, which are in none of its layers. */
export interface NpmAccess {
  /** `--secret` words of `podman build`. */
  readonly secrets: readonly string[];
  /** The registry's host; undefined for the public one, which packages themselves name in what they say. */
  readonly privateHost: string | undefined;
}

/** @param folder that nobody else can read */
export async function npmAccess(folder: string): Promise<NpmAccess> {
  const config = async (name: string): Promise<string> =>
    (await runProgram('npm', ['config', 'get', name], { timeoutMs })).stdout.trim();
  const [registry, cafile, userconfig] = [await config('registry'), await config('cafile'), await config('userconfig')];
  const npmrc = join(folder, 'npmrc');
  await writeFile(npmrc, npmrcOf(registry, await readFile(userconfig, 'utf8').catch(() => '')), { mode: 0o600 });
  const ca = [process.env['NODE_EXTRA_CA_CERTS'], cafile].find((path) => path !== undefined && path.startsWith('/'));
  const host = new URL(registry).host;
  return {
    secrets: ['--secret', `id=npmrc,src=${npmrc}`, '--secret', `id=ca,src=${ca ?? certificates}`],
    privateHost: host === 'registry.npmjs.org' ? undefined : host,
  };
}

/** The user's own settings without those that name files of this machine, and the registry that counts. */
export function npmrcOf(registry: string, userconfig: string): string {
  const ofMachine = /^\s*(registry|cafile|prefix|cache|nodedir|userconfig|globalconfig|[;#].*)\s*(=|$)/;
  const kept = userconfig.split('\n').filter((line) => line.trim() !== '' && !ofMachine.test(line));
  return [`registry=${registry}`, ...kept, ''].join('\n');
}
