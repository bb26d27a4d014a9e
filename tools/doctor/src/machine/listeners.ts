import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Who listens on a TCP port; process and program are known of what this user may look at. */
export interface Listener {
  readonly port: number;
  readonly pid?: number;
  /** Its name alone: arguments may hold secrets. */
  readonly program?: string;
}

const listening = '0A';

/** Of these ports those that are taken, from /proc; undefined on systems without it. */
export function listeners(ports: readonly number[]): Listener[] | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(textOf);
  if (tables.every((table) => table === '')) return undefined;
  const sockets = tables.flatMap(socketsOf).filter(({ port }) => ports.includes(port));
  const owners = ownersOf(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ port, inode }) => {
    const pid = owners.get(inode);
    return pid === undefined ? { port } : { port, pid, program: programOf(pid) };
  });
}

/** Lines as `0: 0100007F:1BA8 00000000:0000 0A ... inode`. */
export function socketsOf(table: string): { readonly port: number; readonly inode: string }[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== listening || local === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode }];
  });
}

/** Thousands of links, which are read in a moment one after the other, and take seconds when each is waited for. */
function ownersOf(inodes: ReadonlySet<string>): Map<string, number> {
  const owners = new Map<string, number>();
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    if (owners.size === inodes.size) break;
    for (const name of namesIn(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

function programOf(pid: number): string {
  return basename(textOf(`/proc/${pid}/cmdline`).split('\0')[0] ?? '') || 'unknown';
}

// What has ended meanwhile, or belongs to somebody else, is passed over.
const textOf = (file: string): string => orElse('', () => readFileSync(file, 'utf8'));
const targetOf = (link: string): string => orElse('', () => readlinkSync(link));
const namesIn = (folder: string): string[] => orElse([], () => readdirSync(folder));

function orElse<Value>(otherwise: Value, read: () => Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
