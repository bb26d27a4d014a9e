import { CodedError } from '@myelin/kernel';

export type OutboxErrorCode =
  /** Retryable: the oldest record has waited longer than the alarm age. The cause is the last failure to publish. */
  | 'outbox.delayed'
  /** Permanent: records are only written inside the transaction that changes the state they tell of. */
  | 'outbox.no-transaction'
  /** Permanent: a record that the table cannot hold. */
  | 'outbox.record-invalid';

export class OutboxError extends CodedError<OutboxErrorCode> {}
