import type { EntityManager } from 'typeorm';
import type { Alarm, Storm } from '../domain/alarms/alarm.js';
import { type EarlierRaises, type UndecidedGroup, groupKeyOf } from '../domain/alarms/storms.js';
import type { OfTenant } from './alarm-upkeep.repository.js';

/** Whether an alarm `a` is of a group. A storm's alarm is of no narrower group than the whole rule. */
const isOfGroup = (by: string, name: string): string => `
  CASE ${by}
    WHEN 'rule' THEN true
    WHEN 'site' THEN a.storm IS NULL AND a.site IS NOT DISTINCT FROM ${name}
    ELSE a.storm IS NULL AND a.profile IS NOT DISTINCT FROM ${name}
  END`;

const earlierRaisesSql = `
  SELECT g.rule, g.device, g.since, (
    SELECT count(DISTINCT a.device)::integer FROM alarm a
    WHERE a.tenant = $1 AND a.rule = g.rule AND a.rule_version = g.version AND a.raise_noticed_at > g.since
      AND a.storm IS NULL AND ${isOfGroup('g.by', 'g.name')}
      AND NOT EXISTS (SELECT FROM unnest(g.devices) AS n(device) WHERE n.device = a.device)) AS devices
  FROM (
    SELECT r.*, greatest(r.window_start, (
      SELECT max(s.clear_noticed_at) FROM alarm s
      WHERE s.tenant = $1 AND s.device = r.device AND s.rule = r.rule)) AS since
    FROM jsonb_to_recordset($2::jsonb) AS r(rule text, version integer, device text, by text, name text,
                                            devices text[], window_start timestamptz)) AS g`;

/** How many devices of each group have raised alarms before, by `groupKeyOf`. Groups are locked, what is raised now is not saved. */
export async function earlierRaises(
  tx: EntityManager,
  tenant: string,
  groups: readonly UndecidedGroup[],
  atMs: number,
): Promise<ReadonlyMap<string, EarlierRaises>> {
  const asked = groups.map(({ group: { rule, device, by, name }, version, devices, windowMs }) => ({
    ...{ rule, version, device, by, name: name ?? null, devices, window_start: new Date(atMs - windowMs) },
  }));
  type Row = { rule: string; device: string; since: Date; devices: number };
  const rows = await tx.query<Row[]>(earlierRaisesSql, [tenant, JSON.stringify(asked)]);
  return new Map(rows.map((row) => [groupKeyOf(row), { sinceMs: row.since.getTime(), devices: row.devices }]));
}

const stormDevicesSql = `
  SELECT count(DISTINCT a.device)::integer AS devices FROM alarm a
  WHERE a.tenant = $1 AND a.rule = $2 AND a.rule_version = $3 AND a.raise_noticed_at > $4
    AND a.storm IS NULL AND ${isOfGroup('$5::text', '$6::text')} AND (a.condition = 'active' OR a.raise_noticed_at > $7)`;

/** Devices of a storm that have an alarm, or have raised one within its window. */
export async function countStormDevices(
  db: EntityManager,
  tenant: string,
  { rule, ruleVersion }: Alarm,
  { by, name, sinceMs, windowMs }: Storm,
  atMs: number,
): Promise<number> {
  const parameters = [tenant, rule, ruleVersion, new Date(sinceMs), by, name ?? null, new Date(atMs - windowMs)];
  const [row] = await db.query<{ devices: number }[]>(stormDevicesSql, parameters);
  return row?.devices ?? 0;
}

/** Rules and groups with an alarm for a storm, some behind one of them. */
export function activeStormsAfter(
  db: EntityManager,
  { tenant, rule, device }: OfTenant,
  limit: number,
): Promise<OfTenant[]> {
  const sql = `
    SELECT tenant, rule, device FROM alarm
    WHERE condition = 'active' AND storm IS NOT NULL AND (tenant, rule, device) > ($1, $2, $3)
    ORDER BY tenant, rule, device LIMIT $4`;
  return db.query<OfTenant[]>(sql, [tenant, rule, device, limit]);
}

/** Whether the storm of `s` covers the alarm `a`. */
const covers = `
  s.tenant = a.tenant AND s.rule = a.rule AND s.rule_version = a.rule_version AND s.id <> a.id
    AND a.raise_noticed_at > to_timestamp((s.storm ->> 'sinceMs')::double precision / 1000)
    AND ${isOfGroup(`s.storm ->> 'by'`, `s.storm ->> 'name'`)}`;

// Through partial indexes: those that stand for themselves beside a storm, and of those that do not, a step per storm.
const misplacedSql = `
  WITH RECURSIVE inhibitor AS (
    (SELECT tenant, inhibited_by AS id FROM alarm
     WHERE condition = 'active' AND inhibited_by IS NOT NULL ORDER BY tenant, inhibited_by LIMIT 1)
    UNION ALL
    SELECT next.* FROM inhibitor i, LATERAL (
      SELECT tenant, inhibited_by FROM alarm
      WHERE condition = 'active' AND inhibited_by IS NOT NULL AND (tenant, inhibited_by) > (i.tenant, i.id)
      ORDER BY tenant, inhibited_by LIMIT 1) AS next)
  (SELECT a.tenant, a.id FROM inhibitor i
   JOIN alarm a ON a.tenant = i.tenant AND a.inhibited_by = i.id AND a.condition = 'active'
   WHERE i.tenant <> ALL ($2::text[]) AND NOT EXISTS (SELECT FROM alarm s WHERE s.tenant = i.tenant AND s.id = i.id AND s.condition = 'active')
   LIMIT $1)
  UNION
  (SELECT DISTINCT a.tenant, a.id FROM alarm s JOIN alarm a ON ${covers}
   WHERE s.condition = 'active' AND s.storm IS NOT NULL AND a.condition = 'active' AND a.inhibited_by IS NULL
     AND s.tenant <> ALL ($2::text[])
   LIMIT $1)`;

/** Active alarms that a storm covers and no alarm inhibits, or that an alarm inhibits which is over: at most twice `limit`. */
export function misplacedAlarms(
  db: EntityManager,
  limit: number,
  exceptTenants: readonly string[] = [],
): Promise<{ readonly tenant: string; readonly id: string }[]> {
  return db.query(misplacedSql, [limit, exceptTenants]);
}

const inhibitorsSql = `
  SELECT a.id, (
    SELECT s.id FROM alarm s
    WHERE s.condition = 'active' AND s.storm IS NOT NULL AND ${covers}
    ORDER BY (a.inhibited_by IS NOT DISTINCT FROM s.id) DESC, (s.storm ->> 'by' = 'rule') DESC LIMIT 1) AS inhibitor
  FROM alarm a WHERE a.tenant = $1 AND a.id = ANY ($2::uuid[])`;

/** What stands for each of these alarms as storms are now: what does already, else the widest storm. */
export async function inhibitorsOf(
  tx: EntityManager,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const rows = await tx.query<{ id: string; inhibitor: string | null }[]>(inhibitorsSql, [tenant, ids]);
  return new Map(rows.map(({ id, inhibitor }) => [id, inhibitor ?? undefined]));
}
