import type { EntityManager } from 'typeorm';
import { decodeMemory, encodeMemory } from '../domain/evaluation/device-memory-codec.js';
import type { DeviceMemory } from '../domain/evaluation/device-evaluator.js';
import type { PartitionMemory } from '../domain/evaluation/partition-evaluator.js';

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

export interface OwnedPartition extends PartitionName {
  /** As it was claimed. */
  readonly owner: string;
}

export interface Checkpoint {
  /** Of the next record to evaluate; null = nothing stored yet. */
  readonly nextOffset: bigint | null;
  readonly memory: PartitionMemory | null;
}

/**
 * Makes `owner` the only one who can store of these partitions. Waits for a transaction that is storing, and returns what it
 * left.
 */
export async function claimCheckpoints(
  tx: EntityManager,
  owner: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, Checkpoint>> {
  const rows = await tx.query<{ partition: number; next_offset: string | null; memory: PartitionMemory | null }[]>(
    `INSERT INTO checkpoint AS c (topic, partition, owner)
     SELECT $1, partition, $2 FROM unnest($3::integer[]) partition ORDER BY partition
     ON CONFLICT (topic, partition) DO UPDATE SET owner = EXCLUDED.owner
     RETURNING partition, next_offset, memory`,
    [topic, owner, partitions],
  );
  return new Map(
    rows.map(({ partition, next_offset: next, memory }) => [
      partition,
      { nextOffset: next === null ? null : BigInt(next), memory },
    ]),
  );
}

/** Holds the partition for the caller's transaction. @returns whether it is still the owner's */
export async function holdPartition(tx: EntityManager, { topic, partition, owner }: OwnedPartition): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    'SELECT FROM checkpoint WHERE topic = $1 AND partition = $2 AND owner = $3 FOR SHARE',
    [topic, partition, owner],
  );
  return rows.length > 0;
}

export interface CheckpointToStore extends OwnedPartition {
  readonly nextOffset: bigint;
  readonly memory: PartitionMemory;
  /** What has changed since the last one; undefined for devices of which nothing is remembered any more. */
  readonly devices: readonly (readonly [key: string, memory: DeviceMemory | undefined])[];
}

/** Belongs into one transaction. @returns false when the partition is another's now: nothing was stored */
export async function storeCheckpoint(
  tx: EntityManager,
  { topic, partition, owner, nextOffset, memory, devices }: CheckpointToStore,
): Promise<boolean> {
  const moved = await tx.query<[unknown[], number]>(
    'UPDATE checkpoint SET next_offset = $4, memory = $5 WHERE topic = $1 AND partition = $2 AND owner = $3 RETURNING partition',
    [topic, partition, owner, String(nextOffset), JSON.stringify(memory)],
  );
  if (moved[1] === 0) return false;
  const gone = devices.filter(([, one]) => one === undefined).map(([key]) => key);
  if (gone.length > 0) {
    await tx.query('DELETE FROM device_memory WHERE topic = $1 AND partition = $2 AND key = ANY($3)', [
      ...[topic, partition, gone],
    ]);
  }
  const kept = devices.flatMap(([key, one]) => (one === undefined ? [] : [[key, encodeMemory(one)] as const]));
  for (let from = 0; from < kept.length; from += rowsPerStatement) {
    const some = kept.slice(from, from + rowsPerStatement);
    await tx.query(
      `INSERT INTO device_memory (topic, partition, key, memory)
       SELECT $1, $2, one.key, one.memory FROM unnest($3::text[], $4::bytea[]) AS one (key, memory)
       ON CONFLICT (topic, partition, key) DO UPDATE SET memory = EXCLUDED.memory`,
      [topic, partition, some.map(([key]) => key), some.map(([, bytes]) => Buffer.from(bytes.buffer))],
    );
  }
  return true;
}

const rowsPerStatement = 5_000;

/** Devices of a partition in the order of their keys. Those whose bytes are of an unknown version begin anew. */
export async function* deviceMemories(
  db: EntityManager,
  { topic, partition }: PartitionName,
): AsyncGenerator<readonly [key: string, memory: DeviceMemory]> {
  for (let after = ''; ;) {
    const rows = await db.query<{ key: string; memory: Buffer }[]>(
      'SELECT key, memory FROM device_memory WHERE topic = $1 AND partition = $2 AND key > $3 ORDER BY key LIMIT $4',
      [topic, partition, after, rowsPerStatement],
    );
    for (const { key, memory } of rows) {
      const decoded = decodeMemory(memory);
      if (decoded !== undefined) yield [key, decoded];
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < rowsPerStatement) return;
    after = last.key;
  }
}
