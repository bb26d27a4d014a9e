import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { TombstoneEntity, type TombstoneKind } from './tombstone.entity.js';

/** Remembers the last published versions of what is deleted in this transaction. */
export async function bury(
  tx: EntityManager,
  grave: { tenant: string; kind: TombstoneKind; id: string; version: number; credentialsVersion?: number },
): Promise<void> {
  const row = { ...grave, credentialsVersion: grave.credentialsVersion ?? 0 };
  await tx.upsert(TombstoneEntity, row, ['tenant', 'kind', 'id']);
}

export interface NewEntity<Row> {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly kind: TombstoneKind;
  /** The member of `row` that is its id within the tenant. */
  readonly idMember: keyof Row & string;
  readonly row: Row;
}

/**
 * The stored row, its version above all former ones of this id; undefined when there is one of this id. The insert waits
 * for a deletion in flight, so the grave that this leaves is seen after it.
 */
export async function insertAboveGrave<Row extends { readonly tenant: string }>(
  tx: EntityManager,
  { entity, kind, idMember, row }: NewEntity<Row>,
): Promise<(Row & { readonly version: number }) | undefined> {
  const { raw } = (await tx
    .createQueryBuilder()
    .insert()
    .into(entity)
    .values({ ...row, version: 1 } as never)
    .orIgnore()
    .returning('tenant')
    .execute()) as { raw: unknown[] };
  if (raw.length === 0) return undefined;
  const { tenant, [idMember]: id } = row;
  const grave = await tx.findOneBy(TombstoneEntity, { tenant, kind, id: id as string });
  const version = 1 + (grave?.version ?? 0);
  if (version > 1) await tx.update(entity, { tenant, [idMember]: id } as never, { version } as never);
  return { ...row, version };
}
