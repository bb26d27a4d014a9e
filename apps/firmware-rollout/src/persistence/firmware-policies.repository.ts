import { type EntityManager, In } from 'typeorm';
import type { FirmwarePolicyRecord } from '../domain/manifests/firmware-policy.js';
import { FirmwarePolicyEntity } from './firmware-policy.entity.js';

export function findFirmwarePolicy(
  db: EntityManager,
  tenant: string,
  profile: string,
): Promise<FirmwarePolicyRecord | null> {
  return db.findOneBy(FirmwarePolicyEntity, { tenant, profile });
}

export function findFirmwarePolicies(
  db: EntityManager,
  tenant: string,
  profiles: readonly string[],
): Promise<FirmwarePolicyRecord[]> {
  return db.findBy(FirmwarePolicyEntity, { tenant, profile: In([...profiles]) });
}

export function countFirmwarePolicies(db: EntityManager, tenant: string): Promise<number> {
  return db.countBy(FirmwarePolicyEntity, { tenant });
}

export async function saveFirmwarePolicy(tx: EntityManager, row: FirmwarePolicyRecord): Promise<void> {
  await tx.upsert(FirmwarePolicyEntity, row, ['tenant', 'profile']);
}
