import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffLimits {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** Exponential, with full jitter in the upper half: 0.5..1 times initial, 2 x initial, ... up to the maximum. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly limits: BackoffLimits,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const ceilingMs = Math.min(this.limits.maxMs, this.limits.initialMs * 2 ** Math.min(this.attempts, 30));
    this.attempts += 1;
    return Math.ceil(ceilingMs * (0.5 + this.random() / 2));
  }

  /** Sleeps for {@link nextMs}; an aborted signal ends the sleep early. */
  async rest(signal?: AbortSignal): Promise<void> {
    await sleep(this.nextMs(), undefined, signal ? { signal } : undefined).catch(() => undefined);
  }

  reset(): void {
    this.attempts = 0;
  }
}
