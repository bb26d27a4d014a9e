import { setTimeout as delay } from 'node:timers/promises';
import type { SentMeasurement } from './ledger.js';

/** True when a query shows the measurement. */
export type IsQueryable = (measurement: SentMeasurement) => Promise<boolean>;

export interface ProbeOptions {
  readonly everyMs: number;
  readonly pollMs: number;
  readonly giveUpMs: number;
  readonly onSample?: SampleListener | undefined;
}

/** Told of every sample when its measurement is shown; `latencyMs` counts from `sentAtMs`. */
export type SampleListener = (sentAtMs: number, latencyMs: number) => void;

/**
 * Samples the time from a device's publish to the measurement's being shown by a query.
 * The bounds are those of a poll: a sample is at most one poll interval, or a tenth of itself, too long.
 */
export class LatencyProbe {
  readonly #samplesMs: number[] = [];
  readonly #running = new Set<Promise<void>>();
  #nextAtMs = 0;
  #failures = 0;

  constructor(
    private readonly isQueryable: IsQueryable,
    private readonly options: ProbeOptions,
  ) {}

  /** Takes the measurement as a sample when one is due; never waits. */
  offer(measurement: () => SentMeasurement, sentAtMs: number): void {
    const now = Date.now();
    if (now < this.#nextAtMs || this.#running.size >= 32) return;
    this.#nextAtMs = now + this.options.everyMs;
    const sample = this.#follow(measurement(), sentAtMs).finally(() => this.#running.delete(sample));
    this.#running.add(sample);
  }

  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** The share `q` in [0, 1] of the samples is at most this many milliseconds; undefined without samples. */
  quantileMs(q: number): number | undefined {
    const sorted = [...this.#samplesMs].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  }

  get samples(): number {
    return this.#samplesMs.length;
  }

  /** Samples that were not visible within the time allowed; they count as that time. */
  get failures(): number {
    return this.#failures;
  }

  async #follow(measurement: SentMeasurement, sentAtMs: number): Promise<void> {
    while (Date.now() - sentAtMs < this.options.giveUpMs) {
      const asked = await this.isQueryable(measurement).catch(() => false);
      const latencyMs = Date.now() - sentAtMs;
      if (asked) {
        this.#samplesMs.push(latencyMs);
        this.options.onSample?.(sentAtMs, latencyMs);
        return;
      }
      // Rarer while it takes long, so that an outage is not met with thousands of questions.
      await delay(Math.max(this.options.pollMs, latencyMs / 10));
    }
    this.#failures += 1;
    this.#samplesMs.push(this.options.giveUpMs);
  }
}
