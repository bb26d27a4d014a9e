import type { EntityManager } from 'typeorm';
import type { AssignmentReason, AssignmentState } from '../domain/assignments/assignment.js';

/** How many assignments of a wave are so. */
export interface AssignmentCount {
  readonly wave: number;
  readonly state: AssignmentState;
  readonly reason?: AssignmentReason;
  readonly devices: number;
}

/** @param changes `devices` are those that came to be so, negative for those that ceased to */
export async function addCounts(
  tx: EntityManager,
  rolloutId: string,
  changes: readonly AssignmentCount[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `INSERT INTO assignment_count (rollout_id, wave, state, reason, devices)
     SELECT $1, * FROM unnest($2::integer[], $3::text[], $4::text[], $5::integer[])`,
    [
      rolloutId,
      changes.map(({ wave }) => wave),
      changes.map(({ state }) => state),
      changes.map(({ reason = '' }) => reason),
      changes.map(({ devices }) => devices),
    ],
  );
}

/** As every change so far left them, those that are none left out; in the order of waves. */
export async function readCounts(db: EntityManager, rolloutId: string): Promise<AssignmentCount[]> {
  const rows = await db.query<(Omit<AssignmentCount, 'reason'> & { reason: AssignmentReason | '' })[]>(
    `SELECT wave, state, reason, sum(devices)::integer AS devices FROM assignment_count WHERE rollout_id = $1
     GROUP BY wave, state, reason HAVING sum(devices) <> 0 ORDER BY wave, state, reason`,
    [rolloutId],
  );
  return rows.map(({ reason, ...rest }) => (reason === '' ? rest : { ...rest, reason }));
}

/** Rollouts of whose counts there are more than `rows` rows. */
export async function rolloutsToFold(db: EntityManager, rows: number, limit: number): Promise<string[]> {
  const sql = 'SELECT rollout_id AS id FROM assignment_count GROUP BY rollout_id HAVING count(*) > $1 LIMIT $2';
  return (await db.query<{ id: string }[]>(sql, [rows, limit])).map(({ id }) => id);
}

/** Makes one row of those that say the same. What is added meanwhile stays as it is. */
export async function foldCounts(tx: EntityManager, rolloutId: string): Promise<void> {
  await tx.query(
    `WITH gone AS (DELETE FROM assignment_count WHERE rollout_id = $1 RETURNING wave, state, reason, devices)
     INSERT INTO assignment_count (rollout_id, wave, state, reason, devices)
     SELECT $1, wave, state, reason, sum(devices) FROM gone GROUP BY wave, state, reason HAVING sum(devices) <> 0`,
    [rolloutId],
  );
}
