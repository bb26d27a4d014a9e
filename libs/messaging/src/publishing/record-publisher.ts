import type { EncodedRecord } from '../encoding/encoded-record.js';

/** Publishing of the control plane: a promise per call, idempotent, `acks=all`. */
export interface RecordPublisher {
  /** Waits for a broker. @throws MessagingError messaging.unavailable */
  connect(): Promise<void>;
  /**
   * Resolves when all records are acknowledged by all in-sync replicas. Records of one key keep their order, also over
   * several calls that are made without waiting. After a failure some of the records may have been written, but of a key
   * with a refused record none behind it.
   * @throws MessagingError messaging.unavailable (retryable), messaging.refused, messaging.closed
   */
  send(records: readonly EncodedRecord[]): Promise<void>;
  close(): Promise<void>;
}
