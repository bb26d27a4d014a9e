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
