import type { PoolClient } from 'pg';

export interface StoredPosition {
  readonly owner: string;
  /** Null: claimed, nothing stored yet. */
  readonly nextOffset: bigint | null;
}

/**
 * Makes `owner` the only one who can move these positions. Waits for a transaction that is moving one at the moment,
 * and returns what it left, so that nothing is stored between a claim and the position that it returned.
 */
export async function claimPositions(
  client: PoolClient,
  owner: string,
  topic: string,
  partitions: readonly number[],
): Promise<Map<number, bigint | null>> {
  const { rows } = await client.query<{ partition: number; next_offset: string | null }>(
    `INSERT INTO position AS p (topic, partition, next_offset, owner)
     SELECT $1, partition, NULL, $2 FROM unnest($3::integer[]) partition ORDER BY partition
     ON CONFLICT (topic, partition) DO UPDATE SET owner = EXCLUDED.owner
     RETURNING partition, next_offset`,
    [topic, owner, partitions],
  );
  return new Map(rows.map((row) => [row.partition, row.next_offset === null ? null : BigInt(row.next_offset)]));
}

export interface PositionMove {
  readonly topic: string;
  readonly partition: number;
  readonly owner: string;
  readonly from: bigint | null;
  readonly to: bigint;
  /** The latest receive time among the records up to `to`. */
  readonly receivedUntilMs: number;
}

/**
 * Compare-and-set; undefined = somebody else owns the position, or it is not where it was expected. Earlier hours than
 * `openHour` are closed for this transaction and all later ones of the partition: see {@link closeHours}.
 */
export async function movePosition(client: PoolClient, move: PositionMove): Promise<{ openHour: number } | undefined> {
  const { rows } = await client.query<{ open_hour: number }>({
    name: 'move-position',
    text: `UPDATE position SET next_offset = $5,
             received_until = greatest(received_until, 'epoch'::timestamptz + $6::bigint * interval '1 ms')
           WHERE topic = $1 AND partition = $2 AND owner = $3 AND next_offset IS NOT DISTINCT FROM $4::bigint
           RETURNING open_hour`,
    values: [move.topic, move.partition, move.owner, move.from, move.to, move.receivedUntilMs],
  });
  return rows[0] && { openHour: rows[0].open_hour };
}

/**
 * From now on every transaction that stores something of an hour that ended `graceMs` ago, by the database's clock, marks
 * it anew; those that relied on an earlier mark have ended. Never goes back, so no jump of a clock can lose a mark.
 */
export async function closeHours(client: PoolClient, graceMs: number): Promise<void> {
  await client.query(
    `UPDATE position p SET open_hour = due.hour
     FROM (SELECT topic, partition, target.hour FROM position,
         (SELECT floor((extract(epoch FROM now()) - $1::float8 / 1000) / 3600)::integer AS hour) AS target
       WHERE open_hour < target.hour ORDER BY topic, partition FOR UPDATE OF position) AS due
     WHERE p.topic = due.topic AND p.partition = due.partition`,
    [graceMs],
  );
}

export async function readPosition(
  client: PoolClient,
  topic: string,
  partition: number,
): Promise<StoredPosition | undefined> {
  const { rows } = await client.query<{ owner: string; next_offset: string | null }>(
    'SELECT owner, next_offset FROM position WHERE topic = $1 AND partition = $2',
    [topic, partition],
  );
  const [row] = rows;
  return row && { owner: row.owner, nextOffset: row.next_offset === null ? null : BigInt(row.next_offset) };
}
