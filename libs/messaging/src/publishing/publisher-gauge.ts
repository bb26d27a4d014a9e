import type { PublisherHealth, PublisherState } from './stream-publisher.js';

interface GaugeLimits {
  readonly maxQueuedBytes: number;
  readonly maxQueuedRecords: number;
  readonly awayAfterMs: number;
}

/** A full queue counts as full until it has drained below this share: no flapping at the edge. */
const reopenShare = 0.8;

/** How full the queue is and how the broker does: what `append` and health answer from. */
export class PublisherGauge {
  closed = false;
  private queuedBytes = 0;
  private queuedRecords = 0;
  private everConnected = false;
  private overflowing = false;
  private failingSinceMs: number | undefined;
  private known: PublisherState = 'away';
  private awayTimer: NodeJS.Timeout | undefined;
  private readonly listeners: ((state: PublisherState) => void)[] = [];
  private readonly emptied = new Set<() => void>();

  constructor(private readonly limits: GaugeLimits) {}

  health(): PublisherHealth {
    return { state: this.state(), queuedBytes: this.queuedBytes, queuedRecords: this.queuedRecords };
  }

  onState(listener: (state: PublisherState) => void): void {
    this.listeners.push(listener);
  }

  /** Counts the record in, unless it does not fit or would wait for nobody. */
  admit(bytes: number): boolean {
    const state = this.state();
    if (state === 'closed' || state === 'away') return false;
    const { maxQueuedBytes, maxQueuedRecords } = this.limits;
    if (this.queuedRecords >= maxQueuedRecords || this.queuedBytes + bytes > maxQueuedBytes) {
      this.overflowing = true;
      this.announce();
      return false;
    }
    this.queuedBytes += bytes;
    this.queuedRecords += 1;
    return true;
  }

  release(records: number, bytes: number): void {
    this.queuedRecords -= records;
    this.queuedBytes -= bytes;
    const { maxQueuedBytes, maxQueuedRecords } = this.limits;
    if (
      this.overflowing &&
      this.queuedBytes < maxQueuedBytes * reopenShare &&
      this.queuedRecords < maxQueuedRecords * reopenShare
    ) {
      this.overflowing = false;
      this.announce();
    }
    if (this.queuedRecords === 0) for (const resolve of this.emptied) resolve();
  }

  /** Resolves when nothing is queued, or after the deadline. */
  whenEmpty(deadlineMs: number): Promise<void> {
    if (this.queuedRecords === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.emptied.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, deadlineMs);
      this.emptied.add(finish);
    });
  }

  connected(): void {
    this.everConnected = true;
    this.succeeded();
  }

  succeeded(): void {
    if (this.failingSinceMs === undefined && this.known !== 'away') return;
    this.failingSinceMs = undefined;
    clearTimeout(this.awayTimer);
    this.announce();
  }

  failed(): void {
    if (this.failingSinceMs === undefined) {
      this.failingSinceMs = performance.now();
      this.awayTimer = setTimeout(() => this.announce(), this.limits.awayAfterMs + 1);
      this.awayTimer.unref();
    }
    this.announce();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.awayTimer);
    this.announce();
  }

  private state(): PublisherState {
    if (this.closed) return 'closed';
    if (!this.everConnected) return 'away';
    if (this.failingSinceMs !== undefined && performance.now() - this.failingSinceMs >= this.limits.awayAfterMs)
      return 'away';
    return this.overflowing ? 'full' : 'ready';
  }

  private announce(): void {
    const state = this.state();
    if (state === this.known) return;
    this.known = state;
    for (const listener of this.listeners) listener(state);
  }
}
