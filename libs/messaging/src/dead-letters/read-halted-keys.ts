import { type EventContract, deadLetterTopicName } from '@myelin/contracts';
import { KafkaJsPartitionReader } from '../client/kafkajs/kafkajs-partition-reader.js';
import { headerNames } from '../encoding/header-names.js';
import { type KafkaSettings, type MessagingLogger, wireName } from '../settings.js';
import { keyName, openDeadLetters, readWholePartition } from './dead-letter-topic.js';

/**
 * Keys that wait for an operator: those with an open dead letter of a contract whose policy is `halt-key`.
 * @throws MessagingError messaging.unavailable
 */
export async function readHaltedKeys(
  settings: KafkaSettings,
  logger: MessagingLogger,
  place: { readonly group: string; readonly topic: string; readonly partition: number },
  halting: ReadonlyMap<string, EventContract>,
): Promise<ReadonlySet<string>> {
  if (halting.size === 0) return new Set();
  const reader = new KafkaJsPartitionReader(settings, logger);
  try {
    const topic = wireName(settings, deadLetterTopicName(place.topic, place.group));
    const records = await readWholePartition(reader, topic, place.partition);
    const open = openDeadLetters(records).filter(({ headers }) =>
      halting.has(headers[headerNames.type]?.toString() ?? ''),
    );
    return new Set(open.map(({ key }) => keyName(key)));
  } finally {
    await reader.close();
  }
}
