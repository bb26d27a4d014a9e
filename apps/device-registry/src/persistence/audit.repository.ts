import type { AuditRecord } from '../domain/records.js';
import { type EntityManager, LessThan } from 'typeorm';
import { AuditEntryEntity } from './audit-entry.entity.js';

export interface AuditFilter {
  /** Entries older than this id. */
  readonly before?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly entity?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export function searchAudit(db: EntityManager, tenant: string, filter: AuditFilter): Promise<AuditRecord[]> {
  const { before, actor, action, entity, limit } = filter;
  return db.find(AuditEntryEntity, {
    where: {
      tenant,
      ...(before === undefined ? {} : { id: LessThan(before) }),
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action }),
      ...(entity === undefined ? {} : { entity }),
    },
    order: { id: 'DESC' },
    take: limit,
  });
}

export async function insertAudit(tx: EntityManager, entry: AuditRecord): Promise<void> {
  await tx.insert(AuditEntryEntity, entry);
}
