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
  /** The entity's version on state topics. */
  version: 'myelin-version',
  /** A replayed dead letter: only this group handles it, every other group passes over it. */
  replayFor: 'myelin-replay-for',
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
} as const;
