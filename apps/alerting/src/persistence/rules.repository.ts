import { type EntityManager, MoreThan } from 'typeorm';
import type { RuleRecord } from '../domain/rules/rule-record.js';
import type { Severity } from '../domain/rules/rule.js';
import { RemovedRuleEntity, RuleEntity, RuleUsageEntity } from './rule.entity.js';

/**
 * To be called first by whoever changes rules: changes of a tenant's rules follow each other, and their records in the outbox
 * do so as well. @returns how many rules the tenant has
 */
export async function lockRules(tx: EntityManager, tenant: string): Promise<number> {
  const [usage] = await tx.query<{ rules: number }[]>(
    `INSERT INTO rule_usage (tenant, rules) VALUES ($1, 0)
     ON CONFLICT (tenant) DO UPDATE SET rules = rule_usage.rules RETURNING rules`,
    [tenant],
  );
  return usage?.rules ?? 0;
}

export function findRule(db: EntityManager, tenant: string, rule: string): Promise<RuleRecord | null> {
  return db.findOneBy(RuleEntity, { tenant, rule });
}

export interface RuleFilter {
  readonly severity?: Severity | undefined;
  readonly enabled?: boolean | undefined;
}

/** In the order of their ids. @param after the id that the page begins behind; '' = from the first */
export function listRules(
  db: EntityManager,
  tenant: string,
  { severity, enabled }: RuleFilter,
  page: { readonly after: string; readonly limit: number },
): Promise<RuleRecord[]> {
  const where = {
    ...{ tenant, rule: MoreThan(page.after) },
    ...(severity === undefined ? {} : { severity }),
    ...(enabled === undefined ? {} : { enabled }),
  };
  return db.find(RuleEntity, { where, order: { rule: 'ASC' }, take: page.limit });
}

/** @returns the stored row, its version above all former ones of this id */
export async function insertRule(tx: EntityManager, content: Omit<RuleRecord, 'version'>): Promise<RuleRecord> {
  const { tenant, rule } = content;
  const removed = await tx.findOneBy(RemovedRuleEntity, { tenant, rule });
  const row = { ...content, version: 1 + (removed?.version ?? 0) };
  await tx.insert(RuleEntity, columnsOf(row) as never);
  await tx.increment(RuleUsageEntity, { tenant }, 'rules', 1);
  return row;
}

export async function replaceRule(tx: EntityManager, row: RuleRecord): Promise<RuleRecord> {
  const { tenant, rule } = row;
  await tx.update(RuleEntity, { tenant, rule }, columnsOf(row) as never);
  return row;
}

/** Leaves `version` behind as the last one of this id. */
export async function deleteRule(tx: EntityManager, tenant: string, rule: string, version: number): Promise<void> {
  await tx.delete(RuleEntity, { tenant, rule });
  await tx.upsert(RemovedRuleEntity, { tenant, rule, version }, ['tenant', 'rule']);
  await tx.decrement(RuleUsageEntity, { tenant }, 'rules', 1);
}

function columnsOf(row: RuleRecord) {
  const { severity, enabled = true } = row.definition;
  return { ...row, severity, enabled };
}
