import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '@myelin/main-job';
import type { MemorySample } from './flatness.js';

/** What is watched: `<process> resident` and, where the process tells it, `<process> heap`. */
export type MemorySeries = ReadonlyMap<string, readonly MemorySample[]>;

/** Samples the memory of every process of a system. Linux only. */
export class MemorySampler {
  readonly #series = new Map<string, MemorySample[]>();
  #timer: NodeJS.Timeout | undefined;

  /** @param reportFolder where the services write what they know of themselves */
  constructor(
    private readonly system: System,
    private readonly reportFolder: string,
  ) {}

  get series(): MemorySeries {
    return this.#series;
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => this.#sample(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const { services, stack } = this.system;
    for (const service of services.values()) {
      this.#add(`${service.name} resident`, residentBytes(service.pid));
      this.#add(`${service.name} heap`, this.#heapBytes(service.pid));
    }
    for (const node of stack.parts.kafka?.nodes ?? []) this.#add(`kafka-${node.id} resident`, residentBytes(node.pid));
    this.#add('postgres resident', proportionalBytes(withChildren(stack.parts.postgres?.pid)));
  }

  #add(name: string, bytes: number | undefined): void {
    if (bytes === undefined) return;
    const samples = this.#series.get(name) ?? [];
    samples.push({ atMs: performance.now(), bytes });
    this.#series.set(name, samples);
  }

  #heapBytes(pid: number | undefined): number | undefined {
    const report = attempt(() => readFileSync(join(this.reportFolder, `${pid}.json`), 'utf8'));
    return report === undefined ? undefined : (JSON.parse(report) as { heapUsed: number }).heapUsed;
  }
}

function residentBytes(pid: number | undefined): number | undefined {
  return kibibytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB$/m);
}

/** Shared memory is divided by those who share it, so that the sum over PostgreSQL's processes counts it once. */
function proportionalBytes(pids: readonly number[]): number | undefined {
  const known = pids.flatMap((pid) => kibibytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB$/m) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes, 0);
}

function withChildren(parent: number | undefined): number[] {
  if (parent === undefined) return [];
  const children = readdirSync('/proc').filter((name) => {
    const stat = /^\d+$/.test(name) ? attempt(() => readFileSync(`/proc/${name}/stat`, 'utf8')) : undefined;
    // proc(5): the command may hold anything, so count from its closing parenthesis: state, then the parent.
    return stat !== undefined && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
  });
  return [parent, ...children.map(Number)];
}

function kibibytes(file: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(attempt(() => readFileSync(file, 'utf8')) ?? '')?.[1];
  return found === undefined ? undefined : Number(found) * 1_024;
}

/** Processes come and go while they are looked at. */
function attempt(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
