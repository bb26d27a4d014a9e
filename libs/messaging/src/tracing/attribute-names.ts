/** OpenTelemetry semantic conventions for messaging, v1.44.0; all of them are still marked "Development". */
export const attributeNames = {
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destinationName: 'messaging.destination.name',
  partitionId: 'messaging.destination.partition.id',
  consumerGroup: 'messaging.consumer.group.name',
  batchMessageCount: 'messaging.batch.message_count',
  messageId: 'messaging.message.id',
  messageKey: 'messaging.kafka.message.key',
  tombstone: 'messaging.kafka.message.tombstone',
  offset: 'messaging.kafka.offset',
  errorType: 'error.type',
} as const;

export const messagingSystem = 'kafka';
