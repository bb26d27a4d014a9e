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
  readonly from: bigint | null;
  readonly to: bigint;
  /** The latest receive time among the records up to `to`. */
  readonly receivedUntilMs: number;
}

/**
 * Compare-and-set of every one of them, in the order in which claims lock them. Gives the open hour of those that moved, by
 * partition: what is missing belongs to somebody else, or is not where it was expected. Earlier hours than the open one are
 * closed for this transaction and all later ones of the partition: see {@link closeHours}.
 */
export async function movePositions(
  client: PoolClient,
  owner: string,
  moves: readonly PositionMove[],
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ partition: number; open_hour: number }>({
    name: 'move-positions',
    text: `WITH move AS (
             SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
               AS one (topic, partition, from_offset, to_offset, received_ms)
           ), locked AS (
             SELECT p.topic, p.partition FROM position p JOIN move USING (topic, partition)
             ORDER BY p.topic, p.partition FOR UPDATE OF p
           )
           UPDATE position p SET next_offset = move.to_offset,
             received_until = greatest(p.received_until, 'epoch'::timestamptz + move.received_ms * interval '1 ms')
           FROM move JOIN locked USING (topic, partition)
           WHERE p.topic = move.topic AND p.partition = move.partition AND p.owner = $1
             AND p.next_offset IS NOT DISTINCT FROM move.from_offset
           RETURNING p.partition, p.open_hour`,
    values: [
      owner,
      moves.map((move) => move.topic),
      moves.map((move) => move.partition),
      moves.map((move) => move.from),
      moves.map((move) => move.to),
      moves.map((move) => move.receivedUntilMs),
    ],
  });
  return new Map(rows.map((row) => [row.partition, row.open_hour]));
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
