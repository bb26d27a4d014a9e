import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * What tells a process from a later one with the same id: its start time, in the system's own notation.
 * Undefined when there is no such process, or only its exit status is left (a zombie).
 */
export function processIdentity(pid: number): string | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** proc(5): `pid (comm) state ppid ... starttime`; `comm` may hold spaces and parentheses, so count from the last one. */
function fromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function fromPs(pid: number): string | undefined {
  const { stdout, status } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [state = '', ...started] = status === 0 ? stdout.trim().split(/\s+/) : [];
  return started.length === 0 || state.startsWith('Z') ? undefined : started.join(' ');
}

/**
 * Where process ids mean the same: one boot of one machine, one pid namespace.
 * `boot` changes when every process of before is certainly gone.
 */
export function placeOfProcesses(): { readonly boot: string; readonly namespace: string } {
  return {
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? hostname(),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')) ?? hostname(),
  };
}

function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
