import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { BenchmarksError } from './benchmarks.errors.js';

/** Linux shows CPU times to programs in hundredths of a second, whatever the kernel counts in. */
const microsecondsPerTick = 10_000;

/** Below that a figure is wrong by more than a twentieth: a few ticks more or less. */
export const reliableUs = 20 * microsecondsPerTick;

export interface ProcessTimes {
  readonly parent: number;
  /** User and system time of all its threads, microseconds. */
  readonly ownUs: number;
  /** The same of children that have ended and were waited for. */
  readonly endedChildrenUs: number;
}

/** Reads one line of /proc/<pid>/stat: proc(5). The name in it may hold anything, parentheses and blanks included. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]); // proc(5) counts from 1; the third comes first
  return {
    parent: field(4),
    ownUs: (field(14) + field(15)) * microsecondsPerTick,
    endedChildrenUs: (field(16) + field(17)) * microsecondsPerTick,
  };
}

/**
 * CPU of a process and of everything that it has started, in microseconds, to hundredths of a second: measure for
 * seconds. PostgreSQL's backends are children that come and go; nothing of them is missed.
 * @throws BenchmarksError benchmarks.process-gone, benchmarks.proc-missing
 */
export function cpuTimeUs(pid: number): number {
  const all = readProcesses();
  const root = all.get(pid);
  if (root === undefined) throw BenchmarksError.permanent('benchmarks.process-gone', `process ${pid} has ended`);
  return treeTimeUs(pid, all);
}

export function treeTimeUs(pid: number, all: ReadonlyMap<number, ProcessTimes>): number {
  const { ownUs, endedChildrenUs } = all.get(pid) as ProcessTimes;
  let sum = ownUs + endedChildrenUs;
  for (const [child, { parent }] of all) if (parent === pid) sum += treeTimeUs(child, all);
  return sum;
}

function readProcesses(): ReadonlyMap<number, ProcessTimes> {
  if (!existsSync('/proc/self/stat')) {
    throw BenchmarksError.permanent('benchmarks.proc-missing', 'CPU times are read from /proc: run this on Linux');
  }
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      all.set(Number(name), parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch {
      // It has ended between the two reads.
    }
  }
  return all;
}
