import type { EventContract } from '@myelin/contracts';

export interface ReceivedRecord<Payload = unknown> {
  readonly contract: EventContract<Payload>;
  readonly key: string;
  /** The original bytes; null = tombstone. */
  readonly value: Buffer | null;
  /** Decoded and validated tolerantly, once; null for a tombstone. @throws PoisonRecord */
  payload(): Payload | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: bigint;
  readonly partition: number;
  readonly topic: string;
  /** The record's timestamp, milliseconds since the epoch. */
  readonly timestampMs: number;
}

export interface EventBatch<Payload = unknown> {
  readonly topic: string;
  readonly partition: number;
  /** In the partition's order, tombstones included. Types without a handler are left out and counted. */
  readonly records: readonly ReceivedRecord<Payload>[];
  readonly firstOffset: bigint;
  /** The position to store: one past the last record that this batch covers, parked and left out ones included. */
  readonly nextOffset: bigint;
  /** One past the newest record of the partition when this batch was fetched. */
  readonly highWatermark: bigint;
  /** Aborted when the partition is taken away or the process stops: what is not stored by then must not be stored. */
  readonly signal: AbortSignal;
}

/** Where a group keeps its positions together with its results. */
export interface PositionStore {
  /** Partition -> offset of the next record to handle; absent where nothing is stored. Wins over the group's offsets. */
  load(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>>;
}

/** Narrows a record of a handler that takes several events. */
export function isRecordOf<Payload>(
  record: ReceivedRecord,
  contract: EventContract<Payload>,
): record is ReceivedRecord<Payload> {
  return record.contract.type === contract.type;
}
