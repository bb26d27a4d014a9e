import { readFile, readdir, readlink } from 'node:fs/promises';

/** Who listens on a TCP port; process and program are known of what this user may look at. */
export interface Listener {
  readonly port: number;
  readonly pid?: number;
  /** Its name alone: arguments may hold secrets. */
  readonly program?: string;
}

const listening = '0A';

/** From /proc; undefined on systems without it. */
export async function listeners(): Promise<Listener[] | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  if (tables.every((table) => table === '')) return undefined;
  const sockets = tables.flatMap(socketsOf);
  const owners = await ownersOf(new Set(sockets.map(({ inode }) => inode)));
  return Promise.all(
    sockets.map(async ({ port, inode }) => {
      const pid = owners.get(inode);
      return pid === undefined ? { port } : { port, pid, program: await programOf(pid) };
    }),
  );
}

/** Lines as `0: 0100007F:1BA8 00000000:0000 0A ... inode`. */
export function socketsOf(table: string): { readonly port: number; readonly inode: string }[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== listening || local === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16), inode }];
  });
}

async function ownersOf(inodes: ReadonlySet<string>): Promise<Map<string, number>> {
  const owners = new Map<string, number>();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    for (const name of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${name}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

async function programOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown')).trim();
}
