import type { EventContract } from '../definition/define-event.js';
import {
  type ServiceName,
  type TopicDefinition,
  deadLetterRetentionMs,
  deadLetterTopicName,
} from '../definition/define-topic.js';

export interface TopicSettings {
  readonly name: string;
  readonly kind: 'events' | 'state' | 'dead-letters';
  /** The only service that publishes here: of dead letters, the one whose group could not process them. */
  readonly owner: ServiceName;
  readonly partitions: number;
  /** Kafka's own topic settings; replication is the cluster's business. */
  readonly config: Readonly<Record<string, string>>;
}

/** A dead letter is its record and some headers: it must fit where the record itself just fitted. */
const deadLetterHeaderBytes = 65_536;

/** Every topic of the events, each followed by the dead-letter topics of the groups that consume it. */
export function topicList(events: readonly EventContract[]): TopicSettings[] {
  const topics = [...new Set(events.map(({ topic }) => topic))];
  return topics.flatMap((topic) => [settingsOf(topic), ...deadLettersOf(topic, events)]);
}

function settingsOf(topic: TopicDefinition): TopicSettings {
  const { name, owner, partitions, cleanup } = topic;
  return { name, kind: cleanup.kind === 'compact' ? 'state' : 'events', owner, partitions, config: configOf(topic) };
}

function deadLettersOf(topic: TopicDefinition, events: readonly EventContract[]): TopicSettings[] {
  const groups = new Map<string, ServiceName>();
  for (const consumer of events.filter((event) => event.topic === topic).flatMap((event) => event.consumers)) {
    if (consumer.kind === 'group') groups.set(consumer.group, consumer.service);
  }
  return [...groups].map(([group, owner]) => ({
    name: deadLetterTopicName(topic.name, group),
    kind: 'dead-letters',
    owner,
    partitions: topic.partitions,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(deadLetterRetentionMs),
      'max.message.bytes': String(topic.maxMessageBytes + deadLetterHeaderBytes),
    },
  }));
}

function configOf({ cleanup, maxMessageBytes }: TopicDefinition): Record<string, string> {
  const limits = { 'max.message.bytes': String(maxMessageBytes) };
  if (cleanup.kind === 'delete') {
    return { 'cleanup.policy': 'delete', 'retention.ms': String(cleanup.retentionMs), ...limits };
  }
  return {
    'cleanup.policy': 'compact',
    'delete.retention.ms': String(cleanup.tombstoneRetentionMs),
    // Bounds how long an old value survives, and keeps the read of a restarting process short.
    'segment.ms': '3600000',
    'min.cleanable.dirty.ratio': '0.1',
    'max.compaction.lag.ms': '86400000',
    ...limits,
  };
}
