export { type KafkaSettings, type MessagingLogger, type SaslSettings, type TlsSettings, wireName } from './settings.js';
export { MessagingError, type MessagingErrorCode, PoisonRecord } from './messaging.errors.js';
export { type EncodedRecord } from './encoding/encoded-record.js';
export { type EventToPublish, encodeEvent } from './encoding/encode-event.js';
export { deadLetterHeaders, headerNames } from './encoding/header-names.js';
export { type RecordPublisher } from './publishing/record-publisher.js';
export { createRecordPublisher } from './publishing/create-record-publisher.js';
export {
  type PublisherHealth,
  type PublisherState,
  type Settled,
  type StreamEngineName,
  type StreamPublisher,
  type StreamPublisherOptions,
} from './publishing/stream-publisher.js';
export { type EventBatch, type PositionStore, type ReceivedRecord, isRecordOf } from './consuming/received-record.js';
export { headerOf } from './consuming/header-of.js';
export { inTraceOf } from './tracing/in-trace-of.js';
export { type SampledRecord, sampledRecords } from './tracing/sampled-records.js';
export { Consumes, type ConsumesOptions } from './consuming/consumes.decorator.js';
export { type HandlerMode } from './consuming/handler-registration.js';
export { KafkaTransport, type KafkaTransportOptions } from './consuming/kafka-transport.js';
export {
  type GroupStatus,
  type PartitionState,
  type PartitionStatus,
  type TransportStatus,
} from './consuming/transport-status.js';
export { type ConsumptionHealth, consumptionHealth } from './consuming/consumption-health.js';
export { type TableReader, type TableReaderOptions, type TableReaderStats } from './table/table-reader.js';
export { createTableReader } from './table/create-table-reader.js';
export {
  type ClusterState,
  type GroupState,
  type KafkaAdmin,
  type PartitionLag,
  type PartitionRange,
  type TopicChanges,
  type TopicState,
} from './administration/kafka-admin.js';
export { partitionOfKey } from './publishing/murmur2.js';
export { createKafkaAdmin } from './administration/create-kafka-admin.js';
export { type TopicPlan, topicPlans } from './administration/topic-plan.js';
export { type DeadLetter, type DeadLetterQuery } from './dead-letters/dead-letter.js';
export { listDeadLetters, replayDeadLetters } from './dead-letters/dead-letter-desk.js';
