import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ContainersError } from '../containers.errors.js';
import { runProgram } from './run-program.js';

/** Programs that images are built and run with, each with Debian's package that has it. */
export const neededPrograms: Readonly<Record<string, string>> = {
  podman: 'podman',
  runc: 'runc',
  iptables: 'iptables',
  debootstrap: 'debootstrap',
};
/** No program of a name on the path: podman looks for them where Debian has them. */
const folderPackages: Readonly<Record<string, string>> = { '/usr/lib/cni/bridge': 'containernetworking-plugins' };

const installTimeoutMs = 600_000;

/** Debian's packages that are missing, by what `has` says of programs and files. */
export function missingPackages(has: (programOrFile: string) => boolean): string[] {
  const all = Object.entries({ ...neededPrograms, ...folderPackages });
  return all.filter(([name]) => !has(name)).map(([, name]) => name);
}

/**
 * Installs what is missing. @throws ContainersError containers.machine-unfit for any other user than root, or where there is no apt
 */
export async function ensurePackages(say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const missing = missingPackages(isThere);
  const command = `apt-get install ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) {
    const first = missing.length === 0 ? '' : `${command}; then `;
    throw unfit(`images are built and mounted as root: ${first}run this again as root`);
  }
  if (missing.length === 0) return;
  if (!isThere('apt-get')) throw unfit(`${missing.join(', ')} are missing and there is no apt-get: install them`);
  say(`installing ${missing.join(', ')}`);
  const options = { timeoutMs: installTimeoutMs, signal, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const waiting = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const install = [...waiting, 'install', '--yes', '--no-install-recommends', ...missing];
  await runProgram('apt-get', [...waiting, 'update'], options);
  await runProgram('apt-get', install, options);
}

function isThere(name: string): boolean {
  const folders = name.startsWith('/') ? ['/'] : [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function unfit(message: string): ContainersError {
  return ContainersError.permanent('containers.machine-unfit', message);
}
