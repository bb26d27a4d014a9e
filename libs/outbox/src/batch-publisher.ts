import { CodedError } from '@myelin/kernel';
import type { RecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import type { DedicatedConnection } from '@myelin/persistence';
import type { HeldKey, OutboxTable, WaitingRecord } from './outbox-table.js';

/** Keys held at most; with more, something is wrong with everything and the relay waits as a whole. */
const maxHeldKeys = 1_000;

/**
 * Publishes one batch after the other and removes what was acknowledged. A record that the broker refuses holds its own
 * key back, in order, and nothing else.
 */
export class BatchPublisher {
  private held = new Map<string, HeldKey>();

  constructor(
    private readonly publisher: RecordPublisher,
    private readonly table: OutboxTable,
    private readonly connection: DedicatedConnection,
    private readonly logger: Logger,
  ) {}

  get heldKeys(): readonly HeldKey[] {
    return [...this.held.values()];
  }

  /** The held keys take part again. */
  release(): void {
    this.held = new Map();
  }

  /** How many were published and removed. @throws what publishing threw; then the same records come again */
  async publish(batch: readonly WaitingRecord[]): Promise<number> {
    try {
      await this.send(batch);
      await this.table.remove(batch);
      return batch.length;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.publishOneByOne(batch);
    }
  }

  private async publishOneByOne(batch: readonly WaitingRecord[]): Promise<number> {
    let published = 0;
    for (const waiting of batch) {
      if (this.held.has(nameOf(waiting))) continue;
      try {
        await this.send([waiting]);
      } catch (error) {
        if (!isRefusal(error) || this.held.size >= maxHeldKeys) throw error;
        this.hold(waiting, error);
        continue;
      }
      await this.table.remove([waiting]);
      published++;
    }
    return published;
  }

  /** Whoever lost the connection lost the lock: another relay may be at work already. */
  private async send(batch: readonly WaitingRecord[]): Promise<void> {
    if (!this.connection.alive) throw new Error('the connection that holds the lock was lost');
    await this.publisher.send(batch.map(({ record }) => record));
  }

  private hold(waiting: WaitingRecord, error: CodedError): void {
    const { topic, key } = waiting.record;
    this.held.set(nameOf(waiting), { topic, key: Buffer.from(key) });
    this.logger.error({ err: error, topic, seq: waiting.seq }, 'a record was refused, its key waits');
  }
}

function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === 'messaging.refused';
}

function nameOf({ record }: WaitingRecord): string {
  return `${record.topic}\n${Buffer.from(record.key).toString('base64')}`;
}
