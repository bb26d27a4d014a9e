import { TelemetryError } from '../domain/telemetry.errors.js';

export interface LaneLimits {
  /** Works under way of all keys together. */
  readonly lanes: number;
  /** Works under way of one key; fewer than `lanes`, so that no key ever has all of them. */
  readonly lanesPerKey: number;
  /** Works of one key that may wait for a lane. */
  readonly waitingPerKey: number;
  /** How long one may wait. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly begin: () => void;
}

/**
 * Lanes that keys share: in the order in which they came within a key, by turns between keys. While no key may have all
 * lanes, one that wants little never waits behind all that another one wants.
 */
export class FairLanes {
  private readonly taken = new Map<string, number>();
  /** In the order in which keys have their turn. */
  private readonly queues = new Map<string, Waiting[]>();
  private takenInAll = 0;

  constructor(private readonly limits: LaneLimits) {}

  /**
   * Runs `work` as soon as a lane is free.
   * @throws TelemetryError telemetry.too-many-queries when the key itself is why there is none; telemetry.connections-busy
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (!this.mayBegin(key) || this.queues.has(key)) await this.turn(key);
    else this.take(key);
    try {
      return await work();
    } finally {
      this.leave(key);
    }
  }

  private mayBegin(key: string): boolean {
    return this.takenInAll < this.limits.lanes && this.takenBy(key) < this.limits.lanesPerKey;
  }

  private takenBy(key: string): number {
    return this.taken.get(key) ?? 0;
  }

  private turn(key: string): Promise<void> {
    const queue = this.queues.get(key) ?? [];
    if (queue.length >= this.limits.waitingPerKey) {
      return Promise.reject(tooMany(`${queue.length} statements of this tenant's queries are waiting already`));
    }
    this.queues.set(key, queue);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiting), 1);
        if (queue.length === 0) this.queues.delete(key);
        reject(this.whyNone(key));
      }, this.limits.patienceMs);
      queue.push(waiting);
    });
  }

  private take(key: string): void {
    this.taken.set(key, this.takenBy(key) + 1);
    this.takenInAll++;
  }

  private leave(key: string): void {
    const left = this.takenBy(key) - 1;
    if (left === 0) this.taken.delete(key);
    else this.taken.set(key, left);
    this.takenInAll--;
    this.beginNext();
  }

  private beginNext(): void {
    for (const [key, queue] of this.queues) {
      if (!this.mayBegin(key)) continue;
      const waiting = queue.shift();
      // Whose turn it was goes to the end.
      this.queues.delete(key);
      if (queue.length > 0) this.queues.set(key, queue);
      if (waiting === undefined) continue;
      this.take(key);
      waiting.begin();
      return;
    }
  }

  private whyNone(key: string): TelemetryError {
    const { lanes, lanesPerKey, patienceMs } = this.limits;
    if (this.takenBy(key) >= lanesPerKey) {
      return tooMany(`all ${lanesPerKey} connections that one tenant may use were in use for ${patienceMs} ms`);
    }
    const message = `all ${lanes} connections for queries were in use for ${patienceMs} ms`;
    return TelemetryError.retryable('telemetry.connections-busy', message);
  }
}

function tooMany(message: string): TelemetryError {
  return TelemetryError.retryable('telemetry.too-many-queries', message);
}
