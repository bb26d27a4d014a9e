import type { CredentialRecord } from '../domain/records.js';
import { type EntityManager, IsNull, LessThanOrEqual } from 'typeorm';
import { CredentialEntity } from './credential.entity.js';

export interface NewCredential {
  readonly id: string;
  readonly device: string;
  readonly secretSha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date | null;
}

/** All of a device, revoked ones included, oldest first. */
export function listCredentials(db: EntityManager, tenant: string, device: string): Promise<CredentialRecord[]> {
  return db.find(CredentialEntity, { where: { tenant, device }, order: { id: 'ASC' } });
}

/** Those that may still be in the published set. */
export function openCredentials(tx: EntityManager, tenant: string, device: string): Promise<CredentialRecord[]> {
  const where = { tenant, device, revokedAt: IsNull(), droppedAt: IsNull() };
  return tx.find(CredentialEntity, { where, order: { id: 'ASC' } });
}

const insertSql = `
  INSERT INTO credential (id, tenant, device, secret_sha256, not_before, not_after, created_at)
  SELECT r.id, $1, r.device, r."secretSha256", r."notBefore", r."notAfter", $3
  FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, device text, "secretSha256" text, "notBefore" timestamptz,
                                          "notAfter" timestamptz)`;

export async function insertCredentials(
  tx: EntityManager,
  tenant: string,
  credentials: readonly NewCredential[],
  at: Date,
): Promise<void> {
  if (credentials.length > 0) await tx.query(insertSql, [tenant, JSON.stringify(credentials), at]);
}

/** False: it was revoked before. */
export async function revokeCredential(tx: EntityManager, row: CredentialRecord, at: Date): Promise<boolean> {
  const { id, tenant } = row;
  const { affected } = await tx.update(CredentialEntity, { id, tenant, revokedAt: IsNull() }, { revokedAt: at });
  return affected === 1;
}

/** How many were open. */
export async function revokeAllCredentials(
  tx: EntityManager,
  tenant: string,
  device: string,
  at: Date,
): Promise<number> {
  const open = { tenant, device, revokedAt: IsNull() };
  const { affected } = await tx.update(CredentialEntity, open, { revokedAt: at });
  return affected ?? 0;
}

/** Takes those whose time is over out of the published set. How many there were. */
export async function dropExpired(tx: EntityManager, tenant: string, device: string, now: Date): Promise<number> {
  const expired = { tenant, device, revokedAt: IsNull(), droppedAt: IsNull(), notAfter: LessThanOrEqual(now) };
  const { affected } = await tx.update(CredentialEntity, expired, { droppedAt: now });
  return affected ?? 0;
}

/** Devices whose published set still holds a credential whose time is over. */
export function devicesWithExpired(
  db: EntityManager,
  now: Date,
  limit: number,
): Promise<{ tenant: string; device: string }[]> {
  return db
    .createQueryBuilder(CredentialEntity, 'c')
    .select(['c.tenant AS tenant', 'c.device AS device'])
    .where('c.notAfter <= :now AND c.revokedAt IS NULL AND c.droppedAt IS NULL', { now })
    .groupBy('c.tenant, c.device')
    .limit(limit)
    .getRawMany<{ tenant: string; device: string }>();
}
