import type { EntityManager } from 'typeorm';
import type { AssignmentState, SkipReason } from '../domain/assignments/assignment.js';
import { AssignmentEntryEntity } from './assignment-entry.entity.js';
import { AssignmentEntity } from './assignment.entity.js';

export type AssignmentRow = Readonly<AssignmentEntity>;
export type AssignmentEntryRow = Readonly<AssignmentEntryEntity>;

export interface AssignmentFilter {
  readonly state?: AssignmentState | undefined;
  readonly wave?: number | undefined;
}

/** In the order of devices. @param after the device that the page begins behind; '' = from the first */
export function listAssignments(
  db: EntityManager,
  rolloutId: string,
  { state, wave }: AssignmentFilter,
  page: { readonly after: string; readonly limit: number },
): Promise<AssignmentRow[]> {
  const query = db
    .createQueryBuilder(AssignmentEntity, 'a')
    .where('a.rollout_id = :rolloutId AND a.device > :after', { rolloutId, after: page.after })
    .orderBy('a.device')
    .limit(page.limit);
  if (state !== undefined) query.andWhere('a.state = :state', { state });
  if (wave !== undefined) query.andWhere('a.wave = :wave', { wave });
  return query.getMany();
}

export function findAssignment(db: EntityManager, rolloutId: string, device: string): Promise<AssignmentRow | null> {
  return db.findOneBy(AssignmentEntity, { rolloutId, device });
}

/** The latest first. */
export function listAssignmentEntries(
  db: EntityManager,
  of: { readonly rolloutId: string; readonly device: string },
  limit: number,
): Promise<AssignmentEntryRow[]> {
  const { rolloutId, device } = of;
  return db.find(AssignmentEntryEntity, { where: { rolloutId, device }, order: { version: 'DESC' }, take: limit });
}

/** Assignments of devices that a plan left out, all of one wave. @param position of the first one */
export async function insertSkipped(
  tx: EntityManager,
  rollout: { readonly id: string; readonly tenant: string; readonly isDownloadOnly: boolean },
  place: { readonly wave: number; readonly position: number },
  skipped: readonly { readonly device: string; readonly reason: SkipReason }[],
  nowMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO assignment (rollout_id, tenant, download_only, changed_at, attempt, version, state, wave, device, reason, "position")
     SELECT $1, $2, $3, $4, 1, 1, 'skipped', $5, device, reason, $6 + place - 1
     FROM unnest($7::text[], $8::text[]) WITH ORDINALITY AS left_out (device, reason, place)`,
    [
      ...[rollout.id, rollout.tenant, rollout.isDownloadOnly, new Date(nowMs), place.wave, place.position],
      skipped.map(({ device }) => device),
      skipped.map(({ reason }) => reason),
    ],
  );
}
