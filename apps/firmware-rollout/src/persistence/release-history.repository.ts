import { type EntityManager, LessThan } from 'typeorm';
import type { HistoryRecord } from '../domain/releases/history.js';
import { ReleaseHistoryEntity } from './release-history.entity.js';

export async function insertHistory(tx: EntityManager, records: readonly HistoryRecord[]): Promise<void> {
  await tx.insert(ReleaseHistoryEntity, [...records]);
}

/** Newest first. @param before the id that the page begins behind; undefined = from the newest */
export function listHistory(
  db: EntityManager,
  tenant: string,
  entity: string,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<HistoryRecord[]> {
  const where = { tenant, entity, ...(page.before === undefined ? {} : { id: LessThan(page.before) }) };
  return db.find(ReleaseHistoryEntity, { where, order: { id: 'DESC' }, take: page.limit });
}

/** How much was ever done to it. */
export function countHistory(db: EntityManager, tenant: string, entity: string): Promise<number> {
  return db.countBy(ReleaseHistoryEntity, { tenant, entity });
}
