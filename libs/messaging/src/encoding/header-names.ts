/** Record headers: CloudEvents 1.0 (Kafka protocol binding, binary mode), W3C Trace Context, our own, dead letters. */
export const headerNames = {
  specVersion: 'ce_specversion',
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  time: 'ce_time',
  contentType: 'content-type',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  /** Trace context of Jaeger's own clients, where no `traceparent` is. */
  uberTraceId: 'uber-trace-id',
  /** The entity's version on state topics. */
  version: 'myelin-version',
  /** A replayed dead letter: only this group handles it, every other group passes over it. */
  replayFor: 'myelin-replay-for',
  /** Tells the records of one replay from those of another. */
  replayRun: 'myelin-replay-run',
  /** On the last record of a key in a replay: offset of the newest dead letter that the replay repeats. */
  replayThrough: 'myelin-replay-through',
} as const;

export const deadLetterHeaders = {
  originalTopic: 'dlq-original-topic',
  originalPartition: 'dlq-original-partition',
  originalOffset: 'dlq-original-offset',
  originalTimestamp: 'dlq-original-timestamp',
  group: 'dlq-consumer-group',
  errorClass: 'dlq-error-class',
  errorMessage: 'dlq-error-message',
  attempts: 'dlq-attempts',
  firstFailedAt: 'dlq-first-failed-at',
  /** On a mark, not a dead letter: the group has dealt with every dead letter of this key up to this offset. */
  replayedThrough: 'dlq-replayed-through',
} as const;
