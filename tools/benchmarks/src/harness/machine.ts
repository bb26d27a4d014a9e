import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';

/** What figures depend on. `load` is the number of others' threads that wanted a core, too. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly at: string;
  /** Runnable threads over the last minute, at the start and at the end of the run. */
  readonly load: readonly [start: number, end: number];
  /** CPU that the hypervisor gave to others meanwhile, in percent; null where it is not told. */
  readonly stolenPercent: number | null;
}

/** Call at the start; the function that it gives tells the facts at the end. */
export function observeMachine(): () => MachineFacts {
  const at = new Date().toISOString();
  const [start = 0] = loadavg();
  const before = readTicks();
  return () => {
    const all = cpus();
    const after = readTicks();
    const total = (after?.total ?? 0) - (before?.total ?? 0);
    const stolen = (after?.stolen ?? 0) - (before?.stolen ?? 0);
    return {
      cpu: all[0]?.model ?? 'unknown',
      cores: all.length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      kernel: `${release()} ${arch()}`,
      node: process.versions.node,
      at,
      load: [round(start), round(loadavg()[0] ?? 0)],
      stolenPercent: total > 0 ? round((100 * stolen) / total) : null,
    };
  };
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal. */
function readTicks(): { readonly total: number; readonly stolen: number } | undefined {
  try {
    const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').trim().split(/\s+/);
    const numbers = ticks.slice(0, 8).map(Number);
    return { total: numbers.reduce((sum, value) => sum + value, 0), stolen: numbers[7] ?? 0 };
  } catch {
    return undefined;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
