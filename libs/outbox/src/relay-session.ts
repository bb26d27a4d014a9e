import type { RecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import type { DedicatedConnection } from '@myelin/persistence';
import type { Backoff } from './backoff.js';
import { BatchPublisher } from './batch-publisher.js';
import { type BatchLimits, OutboxTable } from './outbox-table.js';
import type { WakeUp } from './wake-up.js';

export interface RelaySessionSettings {
  readonly schema: string;
  readonly publisher: RecordPublisher;
  readonly logger: Logger;
  readonly pollMs: number;
  readonly settleMs: number;
  readonly heldRetryMs: number;
  readonly limits: BatchLimits;
}

export interface RelayObserver {
  /** True from taking the lock until the session is over. */
  activeChanged(active: boolean): void;
  published(records: number): void;
  failed(error: unknown): void;
}

/** One database session of a relay: waits for the lock, publishes while it has it, ends for good with the connection. */
export class RelaySession {
  private readonly table: OutboxTable;
  private readonly batches: BatchPublisher;
  private heldSinceMs: number | undefined;

  constructor(
    private readonly connection: DedicatedConnection,
    private readonly settings: RelaySessionSettings,
    private readonly observer: RelayObserver,
    private readonly wakeUp: WakeUp,
    private readonly backoff: Backoff,
    private readonly closing: () => boolean,
  ) {
    this.table = new OutboxTable(connection, settings.schema);
    this.batches = new BatchPublisher(settings.publisher, this.table, connection, settings.logger);
    connection.onNotification(() => {
      if (!backoff.failing) wakeUp.call(); // news must not shorten the wait after a failure
    });
    connection.onLost(() => wakeUp.call());
  }

  /** Returns when the relay closes. @throws when the connection is lost */
  async run(): Promise<void> {
    if (!(await this.takeLock())) return;
    this.observer.activeChanged(true);
    try {
      await this.table.listen();
      await this.settle();
      while (!this.over()) {
        await this.publishAll();
        if (!this.over()) await this.wakeUp.wait(this.backoff.failing ? this.backoff.pauseMs() : this.settings.pollMs);
      }
    } finally {
      this.observer.activeChanged(false);
    }
  }

  private async takeLock(): Promise<boolean> {
    while (!this.over()) {
      if (await this.table.tryLock()) return true;
      this.backoff.succeed();
      await this.wakeUp.wait(this.settings.pollMs);
    }
    return false;
  }

  /** What the previous holder sent with its last breath arrives before anything of this one. */
  private async settle(): Promise<void> {
    const endMs = performance.now() + this.settings.settleMs;
    while (!this.over() && performance.now() < endMs) await this.wakeUp.wait(endMs - performance.now());
  }

  private async publishAll(): Promise<void> {
    try {
      this.releaseHeld();
      while (!this.over()) {
        const batch = await this.table.oldest(this.settings.limits, this.batches.heldKeys);
        if (batch.length === 0) break;
        this.observer.published(await this.batches.publish(batch));
      }
      this.backoff.succeed();
    } catch (error) {
      if (!this.connection.alive) throw error;
      this.observer.failed(error);
      this.backoff.fail();
    }
  }

  private releaseHeld(): void {
    if (this.batches.heldKeys.length === 0) this.heldSinceMs = undefined;
    else this.heldSinceMs ??= performance.now();
    if (this.heldSinceMs === undefined || performance.now() - this.heldSinceMs < this.settings.heldRetryMs) return;
    this.batches.release();
    this.heldSinceMs = undefined;
  }

  private over(): boolean {
    return this.closing() || !this.connection.alive;
  }
}
