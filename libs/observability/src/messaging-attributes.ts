/**
 * Names of OpenTelemetry's messaging conventions, v1.44.0. None of them is stable yet: this module is the only place
 * that knows them.
 */
export const messagingAttributes = {
  /** Always `kafka`. */
  system: 'messaging.system',
  /** `send`, `poll`, `process` or `commit`. */
  operationName: 'messaging.operation.name',
  /** `create`, `send`, `receive`, `process` or `settle`. */
  operationType: 'messaging.operation.type',
  /** The topic. */
  destinationName: 'messaging.destination.name',
  /** A string, although partitions are numbers. */
  partitionId: 'messaging.destination.partition.id',
  consumerGroup: 'messaging.consumer.group.name',
  clientId: 'messaging.client.id',
  /** On batch operations only. */
  batchMessageCount: 'messaging.batch.message_count',
  messageId: 'messaging.message.id',
  bodySize: 'messaging.message.body.size',
  kafkaKey: 'messaging.kafka.message.key',
  /** Only when true. */
  kafkaTombstone: 'messaging.kafka.message.tombstone',
  /** An integer. */
  kafkaOffset: 'messaging.kafka.offset',
  /** On failures only. */
  errorType: 'error.type',
} as const;

/** Instruments of the same conventions: name and unit. Never with a key or a device id as an attribute. */
export const messagingMetrics = {
  /** Histogram, seconds. */
  operationDuration: 'messaging.client.operation.duration',
  /** Counter, {message}. */
  sentMessages: 'messaging.client.sent.messages',
  /** Counter, {message}. */
  consumedMessages: 'messaging.client.consumed.messages',
  /** Histogram, seconds. */
  processDuration: 'messaging.process.duration',
} as const;

/** Histogram boundaries in seconds that the conventions advise. */
export const durationBucketsSeconds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
