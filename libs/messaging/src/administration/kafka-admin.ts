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

export interface ClusterState {
  readonly brokers: readonly { readonly nodeId: number; readonly address: string }[];
  /** Undefined while there is none. */
  readonly controllerId: number | undefined;
}

/** How a topic is, whatever its contract says. */
export interface TopicState {
  readonly partitions: number;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  readonly partitionsWithoutLeader: number;
  /** Partitions with a replica that is not in sync. */
  readonly partitionsBehind: number;
  /** Every setting of the topic, defaults of the brokers included. */
  readonly config: Readonly<Record<string, string>>;
}

export interface GroupState {
  /** As Kafka names it: `Stable`, `Empty`, `PreparingRebalance`, ... */
  readonly state: string;
  readonly members: number;
}

/** Administration. Names are logical ones; topics and groups of other namespaces are not seen. */
export interface KafkaAdmin {
  /** Creates what is missing; existing topics are checked, never changed. @throws MessagingError messaging.misconfigured when one has another number of partitions */
  ensureTopics(topics: readonly TopicPlan[], options?: { replicationFactor?: number }): Promise<TopicChanges>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  listTopics(): Promise<string[]>;
  describeCluster(): Promise<ClusterState>;
  /** Of these topics those that exist. */
  describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicState>>;
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
  /** A group that nobody has ever joined is `Dead`, without members. */
  describeGroups(groups: readonly string[]): Promise<ReadonlyMap<string, GroupState>>;
  deleteGroups(groups: readonly string[]): Promise<void>;
  lag(group: string): Promise<PartitionLag[]>;
  /** Deletes the records before the given offsets. */
  deleteRecords(topic: string, before: ReadonlyMap<number, bigint>): Promise<void>;
  close(): Promise<void>;
}
