import {
  type EventContract,
  type TopicDefinition,
  consumerLagNearedRetentionV1,
  type GroupConsumer,
} from '@myelin/contracts';
import type { Clock } from '@myelin/kernel';
import { type KafkaAdmin, encodeEvent } from '@myelin/messaging';
import { type Logger, metricAttributes, metrics, observe } from '@myelin/observability';
import { writeToOutbox } from '@myelin/outbox';
import { inTransaction } from '@myelin/persistence';
import type { DataSource } from 'typeorm';
import { partitionsNearRetention } from '../../domain/retention-lag.js';
import { publisherSource } from '../../identity.js';
import { noteLag } from '../../persistence/lag-alarm.repository.js';

export interface LagWatch {
  readonly dataSource: DataSource;
  readonly admin: Pick<KafkaAdmin, 'groupOffsets' | 'offsetsAt' | 'topicOffsets'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topic: TopicDefinition;
  readonly events: readonly EventContract[];
  /** Share of the topic's retention after which unread records are near its end, in (0, 1). */
  readonly share: number;
}

/** Tells, once per change, which declared groups of a topic are about to lose what they have not read. */
export class WatchConsumerLagHandler {
  private readonly groups: readonly string[];
  private readonly retentionMs: number;
  private readonly thresholdMs: number;
  /** Partitions near the end of the retention, as of the last look, by group. */
  private readonly near = new Map<string, number>();

  constructor(private readonly watch: LagWatch) {
    const { topic, events, share } = watch;
    this.groups = groupsOf(topic, events);
    this.retentionMs = topic.cleanup.kind === 'delete' ? topic.cleanup.retentionMs : Infinity;
    this.thresholdMs = Math.floor(this.retentionMs * share);
    observe(metrics.partitionsNearRetention, (tell) => {
      for (const [group, count] of this.near) {
        tell(count, { [metricAttributes.destinationName]: topic.name, [metricAttributes.consumerGroup]: group });
      }
    });
  }

  /** @throws MessagingError, PersistenceError; the next run says what this one could not */
  async run(): Promise<void> {
    const { admin, clock, topic } = this.watch;
    if (this.retentionMs === Infinity) return;
    const nowMs = clock.nowMs();
    const youngerFrom = await admin.offsetsAt(topic.name, nowMs - this.thresholdMs);
    const ranges = await admin.topicOffsets(topic.name);
    const oldest = new Map([...ranges].map(([partition, { low }]) => [partition, low]));
    for (const group of this.groups) {
      const committed = (await admin.groupOffsets(group)).get(topic.name) ?? new Map<number, bigint>();
      await this.tell(group, partitionsNearRetention({ committed, youngerFrom, oldest }), nowMs);
    }
  }

  private async tell(group: string, partitions: readonly number[], nowMs: number): Promise<void> {
    const { dataSource, logger } = this.watch;
    const { retentionMs, thresholdMs } = this;
    const topic = this.watch.topic.name;
    const near = partitions.length > 0;
    this.near.set(group, partitions.length);
    const isNews = await inTransaction(dataSource, async (tx) => {
      if (!(await noteLag(tx, topic, group, near))) return false;
      const at = new Date(nowMs).toISOString();
      const payload = { topic, group, near, partitions: [...partitions], retentionMs, thresholdMs, at };
      const event = { contract: consumerLagNearedRetentionV1, key: group, payload, timeMs: nowMs };
      await writeToOutbox(tx, [encodeEvent(event, publisherSource)]);
      return true;
    });
    if (!isNews) return;
    if (near) logger.error({ topic, group, partitions, retentionMs, thresholdMs }, 'a group is about to lose records');
    else logger.info({ topic, group }, 'a group has caught up and loses no records');
  }
}

/** Every group that a contract on the topic declares. */
function groupsOf(topic: TopicDefinition, events: readonly EventContract[]): string[] {
  const consumers = events.filter((event) => event.topic.name === topic.name).flatMap((event) => event.consumers);
  const groups = consumers.filter((consumer): consumer is GroupConsumer => consumer.kind === 'group');
  return [...new Set(groups.map(({ group }) => group))];
}
