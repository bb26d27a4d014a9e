import type { EntityManager } from 'typeorm';
import { NotificationPolicyEntity } from './notification-policy.entity.js';

export interface PolicyRecord {
  readonly tenant: string;
  readonly version: number;
  readonly definition: object;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export function findPolicy(db: EntityManager, tenant: string): Promise<PolicyRecord | null> {
  return db.findOneBy(NotificationPolicyEntity, { tenant });
}

/** Undefined: the tenant has none. */
export async function policyVersion(db: EntityManager, tenant: string): Promise<number | undefined> {
  const row = await db.findOne(NotificationPolicyEntity, {
    where: { tenant },
    select: { tenant: true, version: true },
  });
  return row?.version;
}

/** Creates or replaces it. */
export async function savePolicy(tx: EntityManager, policy: PolicyRecord): Promise<void> {
  await tx.upsert(NotificationPolicyEntity, policy as never, ['tenant']);
}
