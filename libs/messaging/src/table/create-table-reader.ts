import { KafkaJsPartitionReader } from '../client/kafkajs/kafkajs-partition-reader.js';
import type { KafkaSettings, MessagingLogger } from '../settings.js';
import { wireName } from '../settings.js';
import { FollowingTableReader } from './following-table-reader.js';
import type { TableReader, TableReaderOptions } from './table-reader.js';

export function createTableReader<Payload>(
  settings: KafkaSettings,
  options: TableReaderOptions<Payload>,
  logger: MessagingLogger,
): TableReader {
  const topic = wireName(settings, options.contract.topic.name);
  return new FollowingTableReader(new KafkaJsPartitionReader(settings, logger), topic, options, logger);
}
