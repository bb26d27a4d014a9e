import type { PoolClient } from 'pg';
import { type RetentionClassCode, dayName } from '../domain/retention.js';

/** Makes the partition of a class and UTC day unless it is there. */
export async function ensurePartition(
  client: PoolClient,
  retentionClass: RetentionClassCode,
  day: number,
): Promise<void> {
  await client.query('SELECT ensure_partition($1::smallint, $2::date)', [retentionClass, dayName(day)]);
}

/** Drops the oldest partitions that are over, at most `most`, and returns their names. */
export async function dropOverPartitions(client: PoolClient, most: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT drop_over_partitions($1) AS name', [most]);
  return rows.map((row) => row.name);
}

/** Runs `work` unless another instance is at it: then undefined. The lock ends with the connection at the latest. */
export async function exclusively<T>(client: PoolClient, work: () => Promise<T>): Promise<T | undefined> {
  const { rows } = await client.query<{ mine: boolean }>(`SELECT pg_try_advisory_lock(${housekeepingLock}) AS mine`);
  if (rows[0]?.mine !== true) return undefined;
  const result = await work();
  await client.query(`SELECT pg_advisory_unlock(${housekeepingLock})`);
  return result;
}

/** One lock per schema; advisory locks are per database. */
const housekeepingLock = `hashtextextended(current_schema() || ' housekeeping', 0)`;
