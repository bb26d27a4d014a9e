import {
  type EventContract,
  type TopicDefinition,
  deadLetterRetentionMs,
  deadLetterTopicName,
} from '@myelin/contracts';

export interface TopicPlan {
  /** Logical name, without the namespace. */
  readonly name: string;
  readonly partitions: number;
  /** Kafka's own topic settings. */
  readonly config: Readonly<Record<string, string>>;
}

/** Every topic of the events, and the dead-letter topic of every group that consumes one of them. */
export function topicPlans(events: readonly EventContract[]): TopicPlan[] {
  const plans = new Map<string, TopicPlan>();
  for (const { topic, consumers } of events) {
    plans.set(topic.name, { name: topic.name, partitions: topic.partitions, config: configOf(topic) });
    for (const consumer of consumers) {
      if (consumer.kind !== 'group') continue;
      const name = deadLetterTopicName(topic.name, consumer.group);
      plans.set(name, { name, partitions: topic.partitions, config: deadLetterConfigOf(topic) });
    }
  }
  return [...plans.values()];
}

function configOf({ cleanup, maxMessageBytes }: TopicDefinition): Record<string, string> {
  const common = { 'max.message.bytes': String(maxMessageBytes) };
  if (cleanup.kind === 'delete') {
    return { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(cleanup.retentionMs) };
  }
  return {
    ...common,
    'cleanup.policy': 'compact',
    'delete.retention.ms': String(cleanup.tombstoneRetentionMs),
    // Bounds how long an old value survives, and keeps the read of a restarting process short.
    'segment.ms': '3600000',
    'min.cleanable.dirty.ratio': '0.1',
    'max.compaction.lag.ms': '86400000',
  };
}

/** A dead letter is its record and some headers: it must fit where the record itself just fitted. */
function deadLetterConfigOf({ maxMessageBytes }: TopicDefinition): Record<string, string> {
  return {
    'max.message.bytes': String(maxMessageBytes + 65_536),
    'cleanup.policy': 'delete',
    'retention.ms': String(deadLetterRetentionMs),
  };
}
