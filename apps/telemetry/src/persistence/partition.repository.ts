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

/**
 * Runs `work` unless another instance is at work of that name: then undefined. The lock ends with the connection at the
 * latest. One lock per schema; advisory locks are per database.
 */
export async function exclusively<T>(
  client: PoolClient,
  name: 'housekeeping' | 'rollup' | 'freezing' | 'filtering',
  work: () => Promise<T>,
): Promise<T | undefined> {
  const lock = `hashtextextended(current_schema() || ' ${name}', 0)`;
  const { rows } = await client.query<{ mine: boolean }>(`SELECT pg_try_advisory_lock(${lock}) AS mine`);
  if (rows[0]?.mine !== true) return undefined;
  const result = await work();
  await client.query(`SELECT pg_advisory_unlock(${lock})`);
  return result;
}
