import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Input } from './examine.js';
import { SharedInput } from './shared-input.js';

export interface Finding {
  /** The promise that was broken. */
  readonly broken: string;
  readonly input: Input;
}
export interface WorkerData {
  readonly seed: number;
  readonly forMs: number;
  readonly memory: SharedArrayBuffer;
}
export interface WorkerReport {
  /** Inputs by what came of them. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}
export interface FuzzReport extends WorkerReport {
  readonly inputs: number;
  readonly mostBytes: number;
}

export interface FuzzSettings {
  readonly seed: number;
  readonly forMs: number;
  /** An input that takes longer hangs. Far longer than any takes: the machine may be busy. */
  readonly hangMs: number;
  /** Of the whole process. */
  readonly maxBytes: number;
}

/**
 * Of JavaScript in the thread that decodes. A thread that grows beyond it ends by itself; one piece of more than 16 MiB at the
 * limit ends the whole process: the run fails then, but only its seed tells by which input.
 */
const maxHeapMb = 192;

/** Runs the worker beside a watch over its time and its memory. */
export async function supervise(worker: URL, settings: FuzzSettings): Promise<FuzzReport> {
  const shared = new SharedInput();
  const workerData: WorkerData = { seed: settings.seed, forMs: settings.forMs, memory: shared.memory };
  const thread = new Worker(worker, { workerData, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } });
  const watch = new Watch(shared, settings);
  try {
    const report = (await Promise.race([firstMessage(thread), watch.broken])) as WorkerReport;
    return { ...report, inputs: shared.count, mostBytes: watch.mostBytes };
  } catch (error) {
    const broken = error instanceof Error ? error.message : String(error);
    const findings = [{ broken, input: shared.get() }];
    return { outcomes: new Map(), findings, inputs: shared.count, mostBytes: watch.mostBytes };
  } finally {
    watch.stop();
    await thread.terminate();
  }
}

/** Fails with what the thread threw, or with running out of memory. */
async function firstMessage(thread: Worker): Promise<unknown> {
  const [message] = (await once(thread, 'message')) as unknown[];
  return message;
}

class Watch {
  readonly broken: Promise<never>;
  mostBytes = 0;
  #count = 0;
  #movedMs = Date.now();
  readonly #timer: NodeJS.Timeout;

  constructor(shared: SharedInput, settings: FuzzSettings) {
    let fail: (error: Error) => void = () => undefined;
    this.broken = new Promise((_resolve, reject) => (fail = reject));
    this.broken.catch(() => undefined); // nobody listens when it breaks behind the end
    this.#timer = setInterval(() => {
      const what = this.#look(shared, settings);
      if (what !== undefined) fail(new Error(what));
    }, 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(shared: SharedInput, { hangMs, maxBytes }: FuzzSettings): string | undefined {
    const { count } = shared;
    if (count !== this.#count) [this.#count, this.#movedMs] = [count, Date.now()];
    this.mostBytes = Math.max(this.mostBytes, process.memoryUsage.rss());
    if (this.mostBytes > maxBytes) return `the process holds ${this.mostBytes} bytes`;
    return Date.now() - this.#movedMs > hangMs ? `no end after ${hangMs} ms` : undefined;
  }
}
