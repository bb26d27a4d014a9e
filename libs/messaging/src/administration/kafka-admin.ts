import type { TopicPlan } from './topic-plan.js';

export interface PartitionRange {
  /** Offset of the oldest record that is still there. */
  readonly low: bigint;
  /** One past the newest record. */
  readonly high: bigint;
}

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The committed position; undefined when the group never committed here. */
  readonly committed: bigint | undefined;
  /** Records between the position and the end of the partition. */
  readonly lag: bigint;
}

export interface TopicChanges {
  readonly created: readonly string[];
  readonly unchanged: readonly string[];
}

/** Administration. Names are logical ones; topics and groups of other namespaces are not seen. */
export interface KafkaAdmin {
  /** Creates what is missing; existing topics are checked, never changed. @throws MessagingError messaging.misconfigured when one has another number of partitions */
  ensureTopics(topics: readonly TopicPlan[], options?: { replicationFactor?: number }): Promise<TopicChanges>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  listTopics(): Promise<string[]>;
  topicOffsets(topic: string): Promise<ReadonlyMap<number, PartitionRange>>;
  /** Partition -> node id of its leader, -1 while it has none. */
  partitionLeaders(topic: string): Promise<ReadonlyMap<number, number>>;
  /** Per partition the first record with this timestamp or a later one; the end of the partition when there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>>;
  /** Topic -> partition -> committed position. */
  groupOffsets(group: string): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>>;
  /** The group must have no members. */
  setGroupOffsets(group: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void>;
  listGroups(): Promise<string[]>;
  deleteGroups(groups: readonly string[]): Promise<void>;
  lag(group: string): Promise<PartitionLag[]>;
  /** Deletes the records before the given offsets. */
  deleteRecords(topic: string, before: ReadonlyMap<number, bigint>): Promise<void>;
  close(): Promise<void>;
}
