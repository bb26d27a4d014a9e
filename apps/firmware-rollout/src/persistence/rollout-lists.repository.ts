import type { EntityManager } from 'typeorm';
import type { RolloutDefinition } from '../domain/rollouts/rollout-definition.js';
import type { RolloutState } from '../domain/rollouts/rollout.js';
import { RolloutEntryEntity } from './rollout-entry.entity.js';
import { RolloutEntity, WaveEntity } from './rollout.entity.js';
import { type RolloutRecord, recordOf } from './rollouts.repository.js';

export type RolloutEntryRow = Readonly<RolloutEntryEntity>;

/** In the order of their names. @param after the name that the page begins behind; '' = from the first */
export async function listRollouts(
  db: EntityManager,
  tenant: string,
  { state }: { readonly state?: RolloutState | undefined },
  page: { readonly after: string; readonly limit: number },
): Promise<RolloutRecord[]> {
  const query = db
    .createQueryBuilder(RolloutEntity, 'r')
    .where('r.tenant = :tenant AND r.rollout > :after', { tenant, after: page.after })
    .orderBy('r.rollout')
    .limit(page.limit);
  if (state !== undefined) query.andWhere('r.state = :state', { state });
  return (await query.getMany()).map(recordOf);
}

/** How many of a tenant are not over. */
export async function countOpenRollouts(db: EntityManager, tenant: string): Promise<number> {
  const [row] = await db.query<[{ open: number }]>(
    `SELECT count(*)::integer AS open FROM rollout WHERE tenant = $1 AND state NOT IN ('aborted', 'succeeded')`,
    [tenant],
  );
  return row.open;
}

/** The caller has locked it, and it is a draft. */
export async function replaceDraft(
  tx: EntityManager,
  id: string,
  draft: { readonly definition: RolloutDefinition; readonly weight: number; readonly version: number },
): Promise<void> {
  await tx.update(RolloutEntity, { id }, draft as never);
}

/** A draft has no waves and no assignments. */
export async function deleteRollout(tx: EntityManager, id: string): Promise<void> {
  await tx.delete(RolloutEntryEntity, { rolloutId: id });
  await tx.delete(RolloutEntity, { id });
}

/** How many devices each wave has, by its index. */
export async function waveSizes(db: EntityManager, rolloutId: string): Promise<ReadonlyMap<number, number>> {
  const rows = await db.find(WaveEntity, { select: { index: true, devices: true }, where: { rolloutId } });
  return new Map(rows.map(({ index, devices }) => [index, devices]));
}

/** The latest first. @param before the version that the page begins behind; absent = from the latest */
export function listRolloutEntries(
  db: EntityManager,
  rolloutId: string,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<RolloutEntryRow[]> {
  const query = db
    .createQueryBuilder(RolloutEntryEntity, 'e')
    .where('e.rollout_id = :rolloutId', { rolloutId })
    .orderBy('e.version', 'DESC')
    .limit(page.limit);
  if (page.before !== undefined) query.andWhere('e.version < :before', { before: page.before });
  return query.getMany();
}
