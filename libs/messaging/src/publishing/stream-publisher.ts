import type { EncodedRecord } from '../encoding/encoded-record.js';
import type { MessagingError } from '../messaging.errors.js';

export interface StreamPublisherOptions {
  /** Longest time that a record waits for company, default 5. */
  readonly lingerMs?: number;
  /** Default 262,144. */
  readonly maxBatchBytes?: number;
  /** Default 1,000. */
  readonly maxBatchRecords?: number;
  /** Everything taken and not yet settled, default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Default 200,000. */
  readonly maxQueuedRecords?: number;
  /** From `append` to the acknowledgement, retries included; default 30,000. */
  readonly deliveryTimeoutMs?: number;
  /** Default: platformatic, which costs about a fifth per record; see the decision page on the Kafka client. */
  readonly engine?: StreamEngineName;
}

export type StreamEngineName = 'kafkajs' | 'platformatic';

export type PublisherState = 'ready' | 'full' | 'away' | 'closed';

export interface PublisherHealth {
  readonly state: PublisherState;
  readonly queuedBytes: number;
  readonly queuedRecords: number;
}

/** Called once per record that was taken, together with the others of its batch. Must not throw. */
export type Settled = (error: MessagingError | undefined) => void;

/** Publishing of the data plane: micro-batches per partition, bounded, no promise per record. */
export interface StreamPublisher {
  /** Waits for a broker. @throws MessagingError messaging.unavailable */
  connect(): Promise<void>;
  /**
   * Takes a record. false: the queue is full or the broker is away; nothing was taken and `settled` is never called.
   * Records of one key are written in the order of their appends. A record that fails is settled with an error and so
   * are, in order, those of its partition that were queued behind it.
   * @throws MessagingError messaging.refused when the topic is not known
   */
  append(record: EncodedRecord, settled: Settled): boolean;
  /** @throws MessagingError messaging.refused when the topic is not known */
  partitionCount(topic: string): number;
  readonly health: PublisherHealth;
  onState(listener: (state: PublisherState) => void): void;
  /** Resolves when everything taken so far is settled, or when the deadline is over. */
  flush(deadlineMs: number): Promise<void>;
  /** Flushes, then fails what is left with `messaging.closed`. Default deadline 10,000. */
  close(deadlineMs?: number): Promise<void>;
}
