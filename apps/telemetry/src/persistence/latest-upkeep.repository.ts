import type { PoolClient } from 'pg';
import { dayMs, dayOf, keptDays } from '../domain/retention.js';

/** Forgets latest values of days that are over. */
export async function deleteOverLatest(client: PoolClient, nowMs: number): Promise<number> {
  const firstKept = keptDays.map((days) => new Date((dayOf(nowMs) - days) * dayMs));
  const { rowCount } = await client.query(
    `DELETE FROM latest l USING unnest($1::timestamptz[]) WITH ORDINALITY AS kept (from_ts, position)
     WHERE l.class = kept.position - 1 AND l.ts < kept.from_ts`,
    [firstKept],
  );
  return rowCount ?? 0;
}

/**
 * Deletes rows that no reader can see any more: each of their metrics is in a later row that is kept as long. Looks at
 * devices with more than `tolerated` rows, those whose reports name ever changing sets of metrics. The latest row of a
 * device always stays, as the writer wants, and a row that is advanced meanwhile is judged by what it has become.
 */
export async function deleteUnseenLatest(client: PoolClient, tolerated: number): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM latest l
     WHERE l.device_index IN (SELECT device_index FROM latest GROUP BY device_index HAVING count(*) > $1)
       AND NOT EXISTS (
         SELECT FROM jsonb_object_keys(l."values") AS metric
         WHERE NOT EXISTS (
           SELECT FROM latest later
           WHERE later.device_index = l.device_index AND later."values" ? metric AND kept_days(later.class) >= kept_days(l.class)
             AND (later.ts, later.seq, later.fingerprint) > (l.ts, l.seq, l.fingerprint)))`,
    [tolerated],
  );
  return rowCount ?? 0;
}
