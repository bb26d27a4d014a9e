import type { EntityManager } from 'typeorm';
import type { Assignment } from '../domain/assignments/assignment.js';
import type { AssignmentEntry } from '../domain/assignments/change-assignment.js';
import type { AssignmentEntity } from './assignment.entity.js';
import { assignmentOf } from './assignments.repository.js';
import type { WindowsOfDevice } from './device-updates.repository.js';

/** An assignment that the transaction has locked. */
export interface LockedAssignment {
  readonly assignment: Assignment;
  /** Where its row lies, until the transaction changes it. */
  readonly ctid: string;
}

/** What an assignment is after a change, and what is told of it. */
export interface SavedChange {
  readonly ctid: string;
  readonly assignment: Assignment;
  readonly entry: AssignmentEntry;
}

type Row = Omit<
  AssignmentEntity,
  'rolloutId' | 'actionId' | 'isDownloadOnly' | 'resumesAs' | 'offeredAt' | 'dueAt' | 'changedAt'
> & {
  ctid: string;
  rollout_id: string;
  action_id: AssignmentEntity['actionId'];
  download_only: boolean;
  resumes_as: AssignmentEntity['resumesAs'];
  offered_at: Date | null;
  due_at: Date | null;
  changed_at: Date;
};

/**
 * Those of the devices that are there, one after the other by their keys, so that of two that want the same ones the second waits for
 * the first. By their keys whatever the statistics say, as in `rollout-snapshot.repository.ts`: what is locked is not planned anew.
 */
export async function lockAssignments(
  tx: EntityManager,
  rolloutId: string,
  devices: readonly string[],
): Promise<LockedAssignment[]> {
  const rows = await tx.query<Row[]>(
    `SELECT a.* FROM unnest($2::text[]) WITH ORDINALITY AS wanted (device, place), LATERAL (
       SELECT ctid::text, * FROM assignment WHERE rollout_id = $1 AND device = wanted.device FOR UPDATE) a
     ORDER BY wanted.place`,
    [rolloutId, [...devices].sort()],
  );
  return rows.map((row) => ({ ctid: row.ctid, assignment: assignmentOf(entityOf(row)) }));
}

/** `saveChange` for many assignments of one rollout, with one statement each for what they are and for their history. */
export async function saveChanges(
  tx: EntityManager,
  of: { readonly id: string; readonly tenant: string },
  changes: readonly SavedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await saveAssignments(tx, changes);
  await insertActions(tx, of, changes);
  await insertEntries(tx, of.id, changes);
}

async function saveAssignments(tx: EntityManager, changes: readonly SavedChange[]): Promise<void> {
  const now = changes.map(({ assignment }) => assignment);
  await tx.query(
    `UPDATE assignment a SET attempt = new.attempt, action_id = new.action_id, state = new.state, reason = new.reason,
       resumes_as = new.resumes_as, offered_at = new.offered_at, due_at = new.due_at, changed_at = new.changed_at, version = new.version
     FROM unnest($1::tid[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
       $9::timestamptz[], $10::integer[])
       AS new (ctid, attempt, action_id, state, reason, resumes_as, offered_at, due_at, changed_at, version)
     WHERE a.ctid = new.ctid`,
    [
      changes.map(({ ctid }) => ctid),
      now.map(({ attempt }) => attempt),
      now.map(({ actionId = null }) => actionId),
      now.map(({ state }) => state),
      now.map(({ reason = null }) => reason),
      now.map(({ resumesAs = null }) => resumesAs),
      now.map(({ offeredAtMs }) => dateOf(offeredAtMs)),
      now.map(({ dueAtMs }) => dateOf(dueAtMs)),
      now.map(({ changedAtMs }) => dateOf(changedAtMs)),
      now.map(({ version }) => version),
    ],
  );
}

async function insertActions(
  tx: EntityManager,
  { id, tenant }: { readonly id: string; readonly tenant: string },
  changes: readonly SavedChange[],
): Promise<void> {
  const offers = changes.flatMap(({ entry }) => (entry.kind === 'offer' ? [entry] : []));
  if (offers.length === 0) return;
  await tx.query(
    `INSERT INTO action (rollout_id, tenant, id, device, offered_at)
     SELECT $1, $2, * FROM unnest($3::integer[], $4::text[], $5::timestamptz[])`,
    [
      ...[id, tenant],
      offers.map(({ actionId }) => actionId),
      offers.map(({ device }) => device),
      offers.map(({ atMs }) => new Date(atMs)),
    ],
  );
}

async function insertEntries(tx: EntityManager, rolloutId: string, changes: readonly SavedChange[]): Promise<void> {
  const entries = changes.map(({ entry }) => entry);
  await tx.query(
    `INSERT INTO assignment_entry (rollout_id, messages, device, version, attempt, action_id, kind, from_state, to_state, reason, actor, at)
     SELECT $1, '[]', * FROM unnest($2::text[], $3::integer[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::timestamptz[])`,
    [
      rolloutId,
      entries.map(({ device }) => device),
      entries.map(({ version }) => version),
      entries.map(({ attempt }) => attempt),
      entries.map(({ actionId = null }) => actionId),
      entries.map(({ kind }) => kind),
      entries.map(({ from }) => from),
      entries.map(({ to }) => to),
      entries.map(({ reason = null }) => reason),
      entries.map(({ by = null }) => by),
      entries.map(({ atMs }) => new Date(atMs)),
    ],
  );
}

/** Ids that no attempt has or had, in their order. */
export async function nextActionIds(tx: EntityManager, count: number): Promise<number[]> {
  const sql = `SELECT nextval('action_id')::integer AS id FROM generate_series(1, $1::integer)`;
  return (await tx.query<{ id: number }[]>(sql, [count])).map(({ id }) => id);
}

/**
 * Whose time is up only later than it can be now, because the clock was ahead when it was set: it has its time from now on.
 * What somebody is at is left for the next step.
 */
export async function dateAnew(
  tx: EntityManager,
  rolloutId: string,
  { latestMs, dueAtMs, limit }: { readonly latestMs: number; readonly dueAtMs: number; readonly limit: number },
): Promise<void> {
  await tx.query(
    `UPDATE assignment SET due_at = $3 WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM assignment WHERE rollout_id = $1 AND due_at > $2 LIMIT $4 FOR UPDATE SKIP LOCKED))`,
    [rolloutId, new Date(latestMs), new Date(dueAtMs), limit],
  );
}

/** Offers of a rollout whose time is up and that nobody has begun, where they are shown only in windows. */
export async function dueOffers(
  tx: EntityManager,
  rolloutId: string,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<{ readonly device: string; readonly windows: WindowsOfDevice }[]> {
  return tx.query(
    `SELECT a.device, u.windows FROM assignment a JOIN device_update u USING (tenant, device)
     WHERE a.rollout_id = $1 AND a.due_at <= $2 AND a.state IN ('offered', 'retrieved') AND u.action_id = a.action_id
       AND u.windows IS NOT NULL
     ORDER BY a.due_at, a.device LIMIT $3`,
    [rolloutId, new Date(nowMs), limit],
  );
}

/** What somebody is at is left for the next step. @param dueAtMs by device */
export async function setDue(
  tx: EntityManager,
  rolloutId: string,
  dueAtMs: ReadonlyMap<string, number>,
): Promise<void> {
  if (dueAtMs.size === 0) return;
  await tx.query(
    `UPDATE assignment a SET due_at = to_timestamp(given.ms / 1000)
     FROM unnest($2::text[], $3::float8[]) AS given (device, ms)
     WHERE a.ctid = ANY (ARRAY(SELECT ctid FROM assignment
         WHERE rollout_id = $1 AND device = ANY ($2::text[]) AND state IN ('offered', 'retrieved') FOR UPDATE SKIP LOCKED))
       AND a.device = given.device`,
    [rolloutId, [...dueAtMs.keys()], [...dueAtMs.values()]],
  );
}

function entityOf(row: Row): AssignmentEntity {
  const { rollout_id: rolloutId, action_id: actionId, download_only: isDownloadOnly, resumes_as: resumesAs } = row;
  const { tenant, device, wave, position, attempt, state, reason, version } = row;
  return {
    ...{ rolloutId, tenant, device, wave, position, attempt, actionId, isDownloadOnly, state, reason, resumesAs },
    ...{ offeredAt: row.offered_at, dueAt: row.due_at, changedAt: row.changed_at, version },
  };
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
