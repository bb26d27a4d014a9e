import { deadLetterTopicName } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import { KafkaJsPartitionReader } from '../client/kafkajs/kafkajs-partition-reader.js';
import type { FetchedRecord } from '../client/port.js';
import { deadLetterHeaders as names, headerNames } from '../encoding/header-names.js';
import type { EncodedRecord } from '../encoding/encoded-record.js';
import { createRecordPublisher } from '../publishing/create-record-publisher.js';
import { type KafkaSettings, type MessagingLogger, wireName } from '../settings.js';
import type { DeadLetter, DeadLetterQuery } from './dead-letter.js';
import { keyName, openDeadLetters, readWholePartition } from './dead-letter-topic.js';

const nothing = (): void => undefined;
const silent: MessagingLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Dead letters that nobody has dealt with, oldest first within a partition. @throws MessagingError messaging.unavailable */
export async function listDeadLetters(settings: KafkaSettings, query: DeadLetterQuery): Promise<DeadLetter[]> {
  const open = await readOpen(settings, query);
  return open.map(({ partition, record }) => describe(query, partition, record));
}

/**
 * Publishes open dead letters again: to their original topic and partition, for this group alone; other groups pass
 * over them. All of a key are taken, in their order. The group notes by itself what it has dealt with, so a replay may
 * be repeated. @throws MessagingError messaging.unavailable, messaging.refused
 */
export async function replayDeadLetters(
  settings: KafkaSettings,
  query: DeadLetterQuery,
): Promise<{ replayed: number }> {
  const open = await readOpen(settings, query);
  if (open.length === 0) return { replayed: 0 };
  const run = uuidv7();
  const newest = new Map<string, bigint>();
  for (const { partition, record } of open) newest.set(`${partition}/${keyName(record.key)}`, record.offset);
  const records = open.map(({ partition, record }): EncodedRecord => {
    const last = newest.get(`${partition}/${keyName(record.key)}`) === record.offset;
    return {
      topic: query.topic,
      partition,
      key: record.key ?? Buffer.alloc(0),
      value: record.value,
      headers: {
        ...withoutReason(record.headers),
        [headerNames.replayFor]: query.group,
        [headerNames.replayRun]: run,
        ...(last ? { [headerNames.replayThrough]: String(record.offset) } : {}),
      },
    };
  });
  const publisher = createRecordPublisher(settings, silent);
  try {
    await publisher.connect();
    await publisher.send(records);
  } finally {
    await publisher.close();
  }
  return { replayed: records.length };
}

interface Open {
  readonly partition: number;
  readonly record: FetchedRecord;
}

async function readOpen(settings: KafkaSettings, query: DeadLetterQuery): Promise<Open[]> {
  const reader = new KafkaJsPartitionReader(settings, undefined);
  try {
    await reader.connect();
    const topic = wireName(settings, deadLetterTopicName(query.topic, query.group));
    const partitions = reader.leaders(topic)?.length ?? 0;
    const open: Open[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const records = openDeadLetters(await readWholePartition(reader, topic, partition));
      open.push(...records.map((record) => ({ partition, record })));
    }
    const wanted = query.key === undefined ? open : open.filter(({ record }) => keyName(record.key) === query.key);
    return limited(wanted, query.limit);
  } finally {
    await reader.close();
  }
}

/** A limit never cuts through a key: the rest of it would come back before its beginning. */
function limited(open: readonly Open[], limit: number | undefined): Open[] {
  if (limit === undefined || open.length <= limit) return [...open];
  const keys = new Set(open.slice(0, limit).map(({ record }) => keyName(record.key)));
  return open.filter(({ record }) => keys.has(keyName(record.key)));
}

function withoutReason(headers: Readonly<Record<string, Buffer>>): Record<string, Buffer> {
  const reason = new Set<string>(Object.values(names));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !reason.has(name)));
}

function describe(query: DeadLetterQuery, partition: number, record: FetchedRecord): DeadLetter {
  const text = (name: string): string => record.headers[name]?.toString() ?? '';
  return {
    partition,
    offset: record.offset,
    key: keyName(record.key),
    value: record.value,
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, value.toString()])),
    originalTopic: text(names.originalTopic),
    originalPartition: Number(text(names.originalPartition)),
    originalOffset: BigInt(text(names.originalOffset) || '0'),
    group: text(names.group) || query.group,
    errorClass: text(names.errorClass),
    errorMessage: text(names.errorMessage),
    attempts: Number(text(names.attempts)),
    firstFailedAt: text(names.firstFailedAt),
  };
}
