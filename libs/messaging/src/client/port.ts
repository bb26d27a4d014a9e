/**
 * What the rest of this library knows of a Kafka client. Topics and groups are wire names here (namespace included).
 * Only folders below `client/` import a client library.
 */

export interface WireRecord {
  readonly key: Buffer | string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
  readonly timestampMs: number;
}

/** Why a broker did not do what it was asked. */
export type FaultKind =
  /** No connection, no answer, or an answer that asks for patience; the request may have been carried out. */
  | 'unavailable'
  /** Another broker leads the partition; nothing was written. */
  | 'not-leader'
  /** Too large, wrong timestamp, not authorised, unknown topic: the same again gives the same; nothing was written. */
  | 'refused'
  /** The broker does not know the producer or its sequence any more; a new producer id is needed. */
  | 'producer-lost'
  | 'offset-out-of-range';

export class BrokerFault extends Error {
  constructor(
    readonly kind: FaultKind,
    /** Kafka's name of the error, e.g. MESSAGE_TOO_LARGE. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${kind}: ${reason}`, options);
    this.name = 'BrokerFault';
  }
}

export interface ProducerIdentity {
  readonly id: string;
  readonly epoch: number;
}

export interface ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  /** Sequence number of the first record for this producer and partition. */
  readonly firstSequence: number;
  readonly records: readonly WireRecord[];
}

/** Speaks Produce; keeps no state about records. */
export interface ProduceEngine {
  readonly name: string;
  connect(): Promise<void>;
  /** Leader of each partition as last heard, -1 where there is none; undefined for a topic that is not known. */
  leaders(topic: string): readonly number[] | undefined;
  /** Asks the cluster for leaders of every topic, or of the given ones. @throws BrokerFault */
  refresh(topics?: readonly string[]): Promise<void>;
  /** @throws BrokerFault */
  newProducer(): Promise<ProducerIdentity>;
  /**
   * One request to one broker, acks=all. One answer per batch, in their order: undefined = written (now or before).
   * @throws BrokerFault when there was no answer
   */
  produce(
    leader: number,
    producer: ProducerIdentity,
    batches: readonly ProduceBatch[],
  ): Promise<readonly (BrokerFault | undefined)[]>;
  close(): Promise<void>;
}

export interface FetchedRecord {
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly timestampMs: number;
  /** Of key and value. */
  readonly sizeBytes: number;
  /** Empty without a key. */
  readonly keyText: string;
  /** One header as text, which is cheaper than all of them; undefined where there is none. */
  headerText(name: string): string | undefined;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly records: readonly FetchedRecord[];
  readonly highWatermark: bigint;
  readonly lowWatermark: bigint;
  readonly fault?: BrokerFault;
}

/** Reads partitions by hand, without a group. */
export interface PartitionReader {
  connect(): Promise<void>;
  leaders(topic: string): readonly number[] | undefined;
  refresh(topics?: readonly string[]): Promise<void>;
  /** First and end offset per partition. @throws BrokerFault */
  ranges(topic: string): Promise<ReadonlyMap<number, { low: bigint; high: bigint }>>;
  /** One fetch from one broker. @throws BrokerFault */
  fetch(
    leader: number,
    topic: string,
    positions: ReadonlyMap<number, bigint>,
    limits: { readonly maxWaitMs: number; readonly maxBytes: number },
  ): Promise<readonly FetchedPartition[]>;
  close(): Promise<void>;
}

export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  /** Contiguous in the partition's order; may be empty. */
  readonly records: readonly FetchedRecord[];
  /** Offset that was asked for. */
  readonly fetchedFrom: bigint;
  /** One past the last offset that this batch covers. */
  readonly nextOffset: bigint;
  readonly highWatermark: bigint;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** One membership of a group, from a join to the next. Its commits are refused by the broker once it is over. */
export interface Membership {
  /** False once others may own the partitions; asked before every delivery. */
  confirmed(): boolean;
  /** @throws BrokerFault */
  commit(positions: readonly (TopicPartition & { readonly position: bigint })[]): Promise<void>;
  pause(at: TopicPartition): void;
  resume(at: TopicPartition): void;
  seek(at: TopicPartition, position: bigint): void;
}

export interface GroupConsumerEvents {
  /** Fetching starts when this resolves. A rejection makes the consumer leave and start again. */
  joined(membership: Membership, assigned: readonly TopicPartition[]): Promise<void>;
  /** The partitions are going. Others wait for this to resolve, while the member still counts as alive. */
  leaving(): Promise<void>;
  /** The partitions are gone: another member may have them already. */
  lost(reason: string): void;
  /** true = taken; false = not wanted now, to be fetched again. */
  fetched(batch: FetchedBatch): boolean;
  outOfRange(at: TopicPartition): void;
  /** The client gave up for now; it starts again by itself. */
  troubled(fault: BrokerFault): void;
}

export interface GroupConsumerOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly maxWaitMs: number;
  readonly maxBytesPerFetch: number;
  readonly maxBytesPerPartition: number;
}

/** A member of a consumer group; reading starts at the beginning of a topic where nothing is committed. */
export interface GroupConsumer {
  /** Joins, and joins again after every failure, until stopped. */
  start(): void;
  /** Stops fetching, calls `leaving`, leaves the group. */
  stop(): Promise<void>;
}
