import type { EntityManager } from 'typeorm';
import { TombstoneEntity, type TombstoneKind } from './tombstone.entity.js';

/** Remembers the last published versions of what is deleted in this transaction. */
export async function bury(
  tx: EntityManager,
  grave: { tenant: string; kind: TombstoneKind; id: string; version: number; credentialsVersion?: number },
): Promise<void> {
  const row = { ...grave, credentialsVersion: grave.credentialsVersion ?? 0 };
  await tx.upsert(TombstoneEntity, row, ['tenant', 'kind', 'id']);
}

/**
 * The last version of a former entity of this id, 0 if there was none. To be asked after the insert, in the same
 * transaction: the insert waits for a deletion in flight, so its grave is seen here.
 */
export async function lastVersion(tx: EntityManager, tenant: string, kind: TombstoneKind, id: string): Promise<number> {
  const grave = await tx.findOneBy(TombstoneEntity, { tenant, kind, id });
  return grave?.version ?? 0;
}
