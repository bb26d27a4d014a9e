import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { TransportStatus } from './transport-status.js';

export interface KafkaTransportOptions {
  readonly settings: KafkaSettings;
  readonly logger: MessagingLogger;
  /** Records handed to a handler at once, default 1,000. */
  readonly maxBatchRecords?: number;
  /** Fetched and not yet processed, per partition; the partition is paused above, default 4 MiB. */
  readonly maxQueuedBytesPerPartition?: number;
  /** Mode `each`: keys of one partition that are worked on side by side, default 16. */
  readonly maxConcurrentKeys?: number;
  /** Largest fetch response, default 8 MiB. */
  readonly maxBytesPerFetch?: number;
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly retry?: { readonly initialMs: number; readonly maxMs: number };
  /** For `close()` without an argument, default 20,000. */
  readonly closeDeadlineMs?: number;
}

export class KafkaTransport extends Server implements CustomTransportStrategy {
  constructor(readonly options: KafkaTransportOptions) {
    super();
  }
  /** What every group and partition is doing (Nest's `status` is a stream of connection states). */
  describe(): TransportStatus {
    throw new Error('not there yet');
  }
  /** Every group that a handler of this application consumes with. */
  groups(): readonly string[] {
    throw new Error('not there yet');
  }
  listen(_done: (error?: unknown) => void): void {
    throw new Error('not there yet');
  }
  close(_deadlineMs?: number): Promise<void> {
    throw new Error('not there yet');
  }
  on(): never {
    throw new Error('a consuming transport has no events to listen to');
  }
  unwrap<Native>(): Native {
    throw new Error('the client stays inside');
  }
}
