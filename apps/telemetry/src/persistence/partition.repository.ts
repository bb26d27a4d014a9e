import type { PoolClient } from 'pg';
import {
  type RetentionClassCode,
  areRollupsOver,
  classBit,
  dayName,
  keptClasses,
  retentionClassCodes,
} from '../domain/retention.js';

/** Makes the partition of a class and UTC day unless it is there. */
export async function ensurePartition(
  client: PoolClient,
  retentionClass: RetentionClassCode,
  day: number,
): Promise<void> {
  await client.query('SELECT ensure_partition($1::smallint, $2::date)', [retentionClass, dayName(day)]);
}

/**
 * Bits of the classes of which all rows of a day are there, within a transaction that sees a mark of the day. A day of
 * `summary` that is over has them until its last mark is taken: while there is a mark, its partitions are not dropped.
 */
export async function classesWithRows(client: PoolClient, day: number, nowMs: number): Promise<number> {
  const { summary } = retentionClassCodes;
  const kept = keptClasses(day, nowMs);
  if ((kept & classBit(summary)) !== 0 || areRollupsOver(day, summary, nowMs)) return kept;
  const digits = dayName(day).replaceAll('-', '');
  const { rows } = await client.query(
    'SELECT FROM unnest($1::text[]) AS leaf (name) WHERE to_regclass(leaf.name) IS NOT NULL',
    [['measurement_summary_', 'segment_summary_'].map((name) => name + digits)],
  );
  return rows.length === 0 ? kept : kept | classBit(summary);
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
