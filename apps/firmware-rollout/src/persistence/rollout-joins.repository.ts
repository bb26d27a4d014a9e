import type { EntityManager } from 'typeorm';
import type { AssignmentReason, AssignmentState, Obstacle } from '../domain/assignments/assignment.js';
import type { UpdatableDevice } from '../domain/rollouts/find-obstacle.js';
import type { StandingOfDevice } from '../domain/rollouts/join-late.js';
import { type DeviceRow, updatableOf } from './rollout-devices.repository.js';

/** A device that changed, with what it has in the rollout. */
export interface ChangedDevice extends UpdatableDevice {
  readonly standing?: StandingOfDevice;
}

export interface ChangedPage {
  readonly devices: readonly ChangedDevice[];
  /** There are none behind it yet. */
  readonly isLast: boolean;
}

interface ChangedRow extends DeviceRow {
  changed_in: string;
  state: AssignmentState | null;
  reason: AssignmentReason | null;
}

/** Before which changes are looked at: those that a transaction has made whose number is lower, and its devices by their keys. */
export interface Looked {
  readonly changedIn: string;
  readonly device?: string;
}

/**
 * Every transaction with a lower number has ended: whoever reads what these changed sees all of it. Transactions take their numbers
 * when they begin to write, not when they end: of those that are higher some can be seen already, and are read later.
 */
export async function changeHorizon(tx: EntityManager): Promise<Looked> {
  const sql = 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon';
  const [row] = await tx.query<[{ horizon: string }]>(sql);
  return { changedIn: row.horizon };
}

/** The caller has locked the rollout. */
export async function saveLooked(tx: EntityManager, rolloutId: string, looked: Looked): Promise<void> {
  const sql = 'UPDATE rollout SET looked_in = $2, looked_device = $3 WHERE id = $1';
  await tx.query(sql, [rolloutId, looked.changedIn, looked.device ?? '']);
}

/** The next devices of the tenant that changed since the rollout looked last; they count as looked at. The caller has locked it. */
export async function takeChanged(
  tx: EntityManager,
  of: { readonly id: string; readonly tenant: string },
  limit: number,
): Promise<ChangedPage> {
  const horizon = await changeHorizon(tx);
  const [looked] = await tx.query<[{ looked_in: string; looked_device: string }]>(
    'SELECT looked_in, looked_device FROM rollout WHERE id = $1',
    [of.id],
  );
  const behind = [looked.looked_in, looked.looked_device];
  const rows = await tx.query<ChangedRow[]>(changedSql, [of.id, of.tenant, ...behind, horizon.changedIn, limit]);
  const last = rows.at(-1);
  const isLast = rows.length < limit;
  // Who has found nobody has nothing to remember: the next look begins at the same place of the index.
  if (last !== undefined)
    await saveLooked(tx, of.id, isLast ? horizon : { changedIn: last.changed_in, device: last.device });
  return { devices: rows.map(changedOf), isLast };
}

/** `OFFSET 0`: by its key, as in `rollout-snapshot.repository.ts`. */
const changedSql = `
  SELECT d.device, d.profile, d.site, d.lifecycle, d.labels, d.metadata -> 'hardware' AS hardware, d.changed_in,
    CASE WHEN i.doubted_action IS NULL THEN i.installed_version END AS running_version, a.state, a.reason
  FROM (SELECT * FROM device WHERE tenant = $2 AND (changed_in, device) > ($3::bigint, $4::text) AND changed_in < $5::bigint
    ORDER BY changed_in, device LIMIT $6) d
  LEFT JOIN installation i USING (tenant, device) 
  LEFT JOIN LATERAL (SELECT state, reason FROM assignment WHERE rollout_id = $1 AND device = d.device OFFSET 0) a ON true
  ORDER BY d.changed_in, d.device`;

function changedOf({ state, reason, ...row }: ChangedRow): ChangedDevice {
  if (state === null) return updatableOf(row);
  return { ...updatableOf(row), standing: { state, ...(reason === null ? {} : { reason }) } };
}

export interface JoinedDevice {
  readonly device: string;
  readonly wave: number;
  readonly position: number;
  /** Of one that is left out. */
  readonly reason?: Obstacle;
}

/** Assignments of devices that come later, with the change that tells of it: they begin with version 2. */
export async function insertJoined(
  tx: EntityManager,
  rollout: { readonly id: string; readonly tenant: string; readonly isDownloadOnly: boolean },
  joined: readonly JoinedDevice[],
  nowMs: number,
): Promise<void> {
  await tx.query(
    `WITH joined AS (
       INSERT INTO assignment (rollout_id, tenant, download_only, changed_at, attempt, version, device, wave, "position", state, reason)
       SELECT $1, $2, $3, $4, 1, 2, device, wave, place, CASE WHEN reason IS NULL THEN 'planned' ELSE 'skipped' END, reason
       FROM unnest($5::text[], $6::integer[], $7::integer[], $8::text[]) AS new (device, wave, place, reason)
       RETURNING device, state, reason)
     INSERT INTO assignment_entry (rollout_id, device, version, attempt, kind, from_state, to_state, reason, messages, at)
     SELECT $1, device, 2, 1, 'join', 'planned', state, reason, '[]', $4 FROM joined`,
    [
      ...[rollout.id, rollout.tenant, rollout.isDownloadOnly, new Date(nowMs)],
      joined.map(({ device }) => device),
      joined.map(({ wave }) => wave),
      joined.map(({ position }) => position),
      joined.map(({ reason = null }) => reason),
    ],
  );
}

/** @param added devices that joined each wave */
export async function growWaves(
  tx: EntityManager,
  rolloutId: string,
  added: ReadonlyMap<number, number>,
): Promise<void> {
  await tx.query(
    `UPDATE rollout_wave w SET devices = w.devices + added.devices
     FROM unnest($2::integer[], $3::integer[]) AS added (wave, devices) WHERE w.rollout_id = $1 AND w.wave = added.wave`,
    [rolloutId, [...added.keys()], [...added.values()]],
  );
}

/** How many assignments a rollout has. */
export async function countAssignments(tx: EntityManager, rolloutId: string): Promise<number> {
  const sql = 'SELECT coalesce(sum(devices), 0)::integer AS assignments FROM assignment_count WHERE rollout_id = $1';
  const [row] = await tx.query<[{ assignments: number }]>(sql, [rolloutId]);
  return row.assignments;
}
