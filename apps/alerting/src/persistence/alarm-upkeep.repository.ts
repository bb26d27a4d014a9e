import type { EntityManager } from 'typeorm';
import type { RuleAndDevice } from '../domain/alarms/found.js';

export interface ForgottenAlarm {
  readonly tenant: string;
  readonly id: string;
  readonly version: number;
}

const forgetSql = `
  DELETE FROM alarm a USING (
    SELECT tenant, id FROM alarm c WHERE condition = 'cleared' AND clear_noticed_at < $1
      AND NOT EXISTS (SELECT FROM dispatch_queue q WHERE q.tenant = c.tenant AND q.alarm = c.id)
    ORDER BY clear_noticed_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS over
  WHERE a.tenant = over.tenant AND a.id = over.id
  RETURNING a.tenant, a.id, a.version`;

/** Those that were cleared before, with their history, but for those that receivers may still have to hear of. */
export async function deleteClearedAlarms(tx: EntityManager, before: Date, limit: number): Promise<ForgottenAlarm[]> {
  const [rows] = await tx.query<[ForgottenAlarm[], number]>(forgetSql, [before, limit]);
  return rows;
}

const forgetFlappingSql = `
  DELETE FROM flapping f USING (
    SELECT tenant, rule, device FROM flapping o
    WHERE touched_at < $1 AND NOT EXISTS (
      SELECT FROM alarm a
      WHERE a.tenant = o.tenant AND a.rule = o.rule AND a.device = o.device AND a.condition = 'active')
    ORDER BY touched_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS over
  WHERE f.tenant = over.tenant AND f.rule = over.rule AND f.device = over.device`;

/** Of rules and devices of which nothing was found since. How many there were. */
export async function deleteFlapping(tx: EntityManager, before: Date, limit: number): Promise<number> {
  const [, count] = await tx.query<[unknown[], number]>(forgetFlappingSql, [before, limit]);
  return count;
}

export interface OfTenant extends RuleAndDevice {
  readonly tenant: string;
}

/** Whose flapping is over by then, the longest over first. */
export function settledBy(
  db: EntityManager,
  at: Date,
  limit: number,
  exceptTenants: readonly string[] = [],
): Promise<OfTenant[]> {
  const sql = `
    SELECT tenant, rule, device FROM flapping WHERE settles_at <= $1 AND tenant <> ALL ($3::text[])
    ORDER BY settles_at LIMIT $2`;
  return db.query<OfTenant[]>(sql, [at, limit, exceptTenants]);
}

/** False: the condition has changed again, or somebody else was faster. */
export async function settleFlapping(
  tx: EntityManager,
  { tenant, rule, device }: OfTenant,
  at: Date,
): Promise<boolean> {
  const sql = `
    UPDATE flapping SET flapping = false, settles_at = NULL
    WHERE tenant = $1 AND rule = $2 AND device = $3 AND settles_at <= $4`;
  const [, count] = await tx.query<[unknown[], number]>(sql, [tenant, rule, device, at]);
  return count === 1;
}

/** What alarms are cleared for, whatever their condition. */
export type Ended =
  /** Only alarms of this rule; without one, of all rules. */
  | { readonly device: string; readonly ofRule?: string }
  /** Only alarms of versions before; without one, of all versions. */
  | { readonly rule: string; readonly beforeVersion?: number };

/** Of which an alarm is active that has to be cleared. */
export async function activeOf(
  db: EntityManager,
  tenant: string,
  ended: Ended,
  limit: number,
): Promise<RuleAndDevice[]> {
  const isOf =
    'device' in ended
      ? { sql: 'device = $2 AND rule = coalesce($4, rule)', values: [ended.device] }
      : { sql: 'rule = $2 AND rule_version < $4', values: [ended.rule] };
  const sql = `
    SELECT rule, device FROM alarm
    WHERE tenant = $1 AND condition = 'active' AND ${isOf.sql} ORDER BY rule, device LIMIT $3`;
  const bound = 'device' in ended ? [ended.ofRule ?? null] : [ended.beforeVersion ?? 2_147_483_647];
  return db.query<RuleAndDevice[]>(sql, [tenant, ...isOf.values, limit, ...bound]);
}

export interface OutdatedRule {
  readonly tenant: string;
  readonly rule: string;
  readonly removed: boolean;
  /** Alarms of versions before are over. */
  readonly version: number;
}

// A step per rule through the index: it costs what there are rules with alarms, not what there are alarms or rules.
const outdatedRulesSql = `
  WITH RECURSIVE step AS (
    (SELECT tenant, rule FROM alarm WHERE condition = 'active' ORDER BY tenant, rule LIMIT 1)
    UNION ALL
    SELECT next.tenant, next.rule FROM step, LATERAL (
      SELECT tenant, rule FROM alarm
      WHERE condition = 'active' AND (tenant, rule) > (step.tenant, step.rule)
      ORDER BY tenant, rule LIMIT 1) AS next)
  SELECT tenant, rule, removed, version
  FROM (
    SELECT step.tenant, step.rule, r.version IS NULL AS removed, coalesce(r.version, d.version, 2147483647) AS version
    FROM step
    LEFT JOIN rule r ON r.tenant = step.tenant AND r.rule = step.rule
    LEFT JOIN removed_rule d ON d.tenant = step.tenant AND d.rule = step.rule) AS known
  WHERE known.tenant <> ALL ($2::text[]) AND EXISTS (
    SELECT FROM alarm a
    WHERE a.condition = 'active' AND a.tenant = known.tenant AND a.rule = known.rule AND a.rule_version < known.version)
  LIMIT $1`;

/** Rules that were changed or removed, of which an alarm from before is active. A removal is a version, too. */
export function outdatedRules(
  db: EntityManager,
  limit: number,
  exceptTenants: readonly string[] = [],
): Promise<OutdatedRule[]> {
  return db.query<OutdatedRule[]>(outdatedRulesSql, [limit, exceptTenants]);
}

export interface ActiveAlarm extends OfTenant {
  readonly ruleVersion: number;
}

/** Of devices, in the order of tenants, rules and devices, behind one of them. */
export function activeAlarmsAfter(
  db: EntityManager,
  { tenant, rule, device }: OfTenant,
  limit: number,
): Promise<ActiveAlarm[]> {
  const sql = `
    SELECT tenant, rule, device, rule_version AS "ruleVersion" FROM alarm
    WHERE condition = 'active' AND storm IS NULL AND (tenant, rule, device) > ($1, $2, $3)
    ORDER BY tenant, rule, device LIMIT $4`;
  return db.query<ActiveAlarm[]>(sql, [tenant, rule, device, limit]);
}
