import type { EntityManager } from 'typeorm';
import { type Assignment, isWorking } from '../domain/assignments/assignment.js';
import type { AssignmentEntry } from '../domain/assignments/change-assignment.js';
import type { UpdateMode } from '../domain/rollouts/rollout-definition.js';
import type { WindowsOfDevice } from './device-updates.repository.js';
import { ActionEntity, AssignmentEntity } from './assignment.entity.js';
import { AssignmentEntryEntity } from './assignment-entry.entity.js';

/** A row as it is stored; what it says is read by {@link assignmentOf}. */
export type AssignmentRow = AssignmentEntity;

/** What a device said with a report. */
export interface DeviceWords {
  readonly code?: number;
  readonly messages: readonly string[];
}

/** Assignments to be, all of one tenant and planned, in the order of the rollout. */
export async function insertPlanned(
  tx: EntityManager,
  rollout: { readonly id: string; readonly tenant: string; readonly isDownloadOnly: boolean },
  planned: readonly { readonly device: string; readonly wave: number; readonly position: number }[],
  nowMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO assignment (rollout_id, tenant, download_only, changed_at, attempt, version, state, device, wave, "position")
     SELECT $1, $2, $3, $4, 1, 1, 'planned', * FROM unnest($5::text[], $6::integer[], $7::integer[])`,
    [
      ...[rollout.id, rollout.tenant, rollout.isDownloadOnly, new Date(nowMs)],
      planned.map(({ device }) => device),
      planned.map(({ wave }) => wave),
      planned.map(({ position }) => position),
    ],
  );
}

export type LockedAssignment = AssignmentEntity;

/** Locks it: its changes follow each other. */
export async function lockAssignment(
  tx: EntityManager,
  rolloutId: string,
  device: string,
): Promise<AssignmentEntity | undefined> {
  const row = await tx.findOne(AssignmentEntity, {
    where: { rolloutId, device },
    lock: { mode: 'pessimistic_write' },
  });
  return row ?? undefined;
}

/** Whose attempt an action id is or was; undefined for one that was never offered to this device. */
export async function findAction(
  db: EntityManager,
  tenant: string,
  device: string,
  id: number,
): Promise<ActionEntity | undefined> {
  return (await db.findOneBy(ActionEntity, { tenant, device, id })) ?? undefined;
}

/** Rollouts in which a device still waits or is at work. */
export async function openRolloutsOf(
  db: EntityManager,
  { tenant, device }: { readonly tenant: string; readonly device: string },
): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT rollout_id AS id FROM assignment WHERE tenant = $1 AND device = $2
       AND state NOT IN ('succeeded', 'failed', 'cancelled', 'skipped') ORDER BY rollout_id`,
    [tenant, device],
  );
  return rows.map(({ id }) => id);
}

/** How much is recorded of an action. */
export function countEntries(db: EntityManager, rolloutId: string, device: string, actionId: number): Promise<number> {
  return db.countBy(AssignmentEntryEntity, { rolloutId, device, actionId });
}

/** Which attempt an action was. */
export async function attemptOf(
  db: EntityManager,
  rolloutId: string,
  device: string,
  actionId: number,
): Promise<number> {
  const entry = await db.findOneBy(AssignmentEntryEntity, { rolloutId, device, actionId, kind: 'offer' });
  return entry?.attempt ?? 1;
}

/** An id that no attempt has or had. */
export async function nextActionId(tx: EntityManager): Promise<number> {
  const [row] = await tx.query<[{ id: number }]>(`SELECT nextval('action_id')::integer AS id`);
  return row.id;
}

/** What an assignment is after a change, and what is told of it. The caller has locked it. */
export async function saveChange(
  tx: EntityManager,
  row: AssignmentEntity,
  assignment: Assignment,
  entry: AssignmentEntry,
  words: DeviceWords = { messages: [] },
): Promise<void> {
  const { rolloutId, tenant, device } = row;
  const { actionId = null, reason = null, resumesAs = null, state, attempt, version } = assignment;
  await tx.update(
    AssignmentEntity,
    { rolloutId, device },
    {
      ...{ attempt, actionId, state, reason, resumesAs, version },
      ...{ offeredAt: dateOf(assignment.offeredAtMs), dueAt: dateOf(assignment.dueAtMs) },
      changedAt: new Date(assignment.changedAtMs),
    },
  );
  if (entry.kind === 'offer' && actionId !== null) {
    await tx.insert(ActionEntity, { id: actionId, rolloutId, tenant, device, offeredAt: new Date(entry.atMs) });
  }
  await tx.insert(AssignmentEntryEntity, {
    ...{ rolloutId, device, version: entry.version, attempt: entry.attempt, actionId: entry.actionId ?? null },
    ...{ kind: entry.kind, report: entry.report ?? null, from: entry.from, to: entry.to, reason: entry.reason ?? null },
    ...{ actor: entry.by ?? null, code: words.code ?? null, messages: words.messages, at: new Date(entry.atMs) },
  } as never);
}

export function assignmentOf(row: AssignmentEntity): Assignment {
  const { rolloutId, device, wave, attempt, actionId, isDownloadOnly, state, reason, resumesAs, version } = row;
  return {
    ...{ rollout: rolloutId, device, wave, attempt, isDownloadOnly, state, version },
    changedAtMs: row.changedAt.getTime(),
    ...(actionId === null ? {} : { actionId }),
    ...(reason === null ? {} : { reason }),
    ...(resumesAs === null ? {} : { resumesAs }),
    ...(row.offeredAt === null ? {} : { offeredAtMs: row.offeredAt.getTime() }),
    ...(row.dueAt === null ? {} : { dueAtMs: row.dueAt.getTime() }),
  };
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

/** The attempt that a device knows by an action id, as it is now. */
export interface AssignmentOfAction {
  readonly rolloutId: string;
  readonly device: string;
  readonly actionId: number;
  readonly state: Assignment['state'];
  /** The device may be at it, and is not asked to stop. */
  readonly isWorking: boolean;
  readonly mode: UpdateMode;
  /** Absent = at any time. */
  readonly windows?: WindowsOfDevice;
}

/** Undefined for what the device was never offered, and for an attempt that another one took the place of. */
export async function findAssignmentOfAction(
  db: EntityManager,
  of: { readonly tenant: string; readonly device: string; readonly actionId: number },
): Promise<AssignmentOfAction | undefined> {
  type Row = { rollout_id: string; state: Assignment['state']; mode: UpdateMode; windows: WindowsOfDevice | null };
  const [row] = await db.query<Row[]>(
    `SELECT a.rollout_id, a.state, r.definition -> 'mode' AS mode, u.windows FROM assignment a
     JOIN action ON action.rollout_id = a.rollout_id AND action.device = a.device AND action.id = a.action_id
     JOIN rollout r ON r.id = a.rollout_id
     LEFT JOIN device_update u ON u.tenant = a.tenant AND u.device = a.device AND u.action_id = a.action_id
     WHERE a.tenant = $1 AND a.device = $2 AND a.action_id = $3`,
    [of.tenant, of.device, of.actionId],
  );
  if (row === undefined) return undefined;
  const { device, actionId } = of;
  return {
    rolloutId: row.rollout_id,
    device,
    actionId,
    state: row.state,
    isWorking: isWorking(row.state),
    mode: row.mode,
    ...(row.windows === null ? {} : { windows: row.windows }),
  };
}

/** What a device said of an action, the newest first. */
export async function findWords(
  db: EntityManager,
  of: { readonly rolloutId: string; readonly device: string; readonly actionId: number },
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ message: string }[]>(
    `SELECT message FROM assignment_entry e
     CROSS JOIN LATERAL jsonb_array_elements_text(e.messages) WITH ORDINALITY AS said (message, place)
     WHERE e.rollout_id = $1 AND e.device = $2 AND e.action_id = $3 ORDER BY e.version DESC, place DESC LIMIT $4`,
    [of.rolloutId, of.device, of.actionId, limit],
  );
  return rows.map(({ message }) => message);
}
