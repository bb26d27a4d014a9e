import { CodedError } from '@myelin/kernel';

export type MessagingErrorCode =
  /** No broker answers, or none leads the partition at the moment. */
  | 'messaging.unavailable'
  /** The publisher's queue is at one of its limits. */
  | 'messaging.full'
  /** The broker answered and said no: too large, not authorised, unknown topic. */
  | 'messaging.refused'
  /** The record was not acknowledged within its delivery time; it may or may not have been written. */
  | 'messaging.delivery-timeout'
  | 'messaging.closed'
  | 'messaging.event-invalid'
  /** A stored or committed position points to where the topic has no records any more (or not yet). */
  | 'messaging.offset-out-of-range'
  /** A record that can never be processed. */
  | 'messaging.poison'
  /** Another member owns the partition now. */
  | 'messaging.revoked'
  /** For readiness: a group is not joined. */
  | 'messaging.not-consuming'
  /** For readiness: a partition is tried again and again, or has halted. */
  | 'messaging.partition-stuck'
  /** A handler, group or topic is declared wrongly. */
  | 'messaging.misconfigured';

export class MessagingError extends CodedError<MessagingErrorCode> {}

/**
 * Thrown by a handler (or by `payload()`) for a record that can never be processed: it is parked at once.
 * `code` is the caller's own and ends up in the dead letter's header `dlq-error-class`.
 */
export class PoisonRecord extends CodedError {
  /** The record's offset in the batch's partition; absent when only one record is in question. */
  declare readonly offset: bigint | undefined;

  static at(offset: bigint, code: string, message: string, options: { cause?: unknown } = {}): PoisonRecord {
    const poison = PoisonRecord.permanent(code, message, options);
    Object.defineProperty(poison, 'offset', { value: offset, enumerable: true });
    return poison;
  }
}
