import type { EntityManager } from 'typeorm';
import type { Alarm, AlarmCondition, AlarmEntry } from '../domain/alarms/alarm.js';
import type { Severity } from '../domain/rules/rule.js';
import { AlarmEntity, AlarmEntryEntity } from './alarm.entity.js';
import { alarmOf, entryOf } from './alarm-rows.js';

export interface AlarmFilter {
  readonly condition?: AlarmCondition | undefined;
  readonly severities?: readonly Severity[] | undefined;
  readonly rule?: string | undefined;
  readonly site?: string | undefined;
  readonly device?: string | undefined;
  readonly acknowledged?: boolean | undefined;
  readonly assignee?: string | undefined;
  readonly inhibitedBy?: string | undefined;
  /** Whether an alarm of a storm stands for it. */
  readonly inhibited?: boolean | undefined;
  /** Whether it is one of a storm. */
  readonly storm?: boolean | undefined;
  readonly flapping?: boolean | undefined;
  /** Whether it is on the shelf at an instant. */
  readonly shelved?: { readonly now: Date; readonly is: boolean } | undefined;
}

/** The last alarm of the page before: when its raise was noticed, and its id. */
export type AlarmPosition = readonly [raiseNoticedAtMs: number, id: string];

export interface AlarmPage {
  readonly after: AlarmPosition | undefined;
  readonly limit: number;
}

export async function findAlarm(db: EntityManager, tenant: string, id: string): Promise<Alarm | undefined> {
  const row = await db.findOneBy(AlarmEntity, { tenant, id });
  return row === null ? undefined : alarmOf(row);
}

/** How many alarms one of a storm stands for, or stood for to their end. */
export async function countInhibited(
  db: EntityManager,
  tenant: string,
  storm: string,
): Promise<{ readonly active: number; readonly cleared: number }> {
  const sql = `
    SELECT (count(*) FILTER (WHERE condition = 'active'))::integer AS active,
      (count(*) FILTER (WHERE condition = 'cleared'))::integer AS cleared
    FROM alarm WHERE tenant = $1 AND inhibited_by = $2`;
  const [row] = await db.query<{ active: number; cleared: number }[]>(sql, [tenant, storm]);
  return row ?? { active: 0, cleared: 0 };
}

/** The one that was noticed last comes first. */
export async function listAlarms(
  db: EntityManager,
  tenant: string,
  filter: AlarmFilter,
  { after, limit }: AlarmPage,
): Promise<Alarm[]> {
  const query = db
    .createQueryBuilder(AlarmEntity, 'a')
    .where('a.tenant = :tenant', { tenant })
    .orderBy('a.raise_noticed_at', 'DESC')
    .addOrderBy('a.id', 'DESC')
    .limit(limit);
  for (const column of ['condition', 'rule', 'site', 'device', 'assignee', 'flapping'] as const) {
    if (filter[column] !== undefined) query.andWhere(`a.${column} = :${column}`, { [column]: filter[column] });
  }
  if (filter.inhibitedBy !== undefined)
    query.andWhere('a.inhibited_by = :inhibitedBy', { inhibitedBy: filter.inhibitedBy });
  if (filter.severities !== undefined)
    query.andWhere('a.severity = ANY(:severities)', { severities: filter.severities });
  if (filter.acknowledged !== undefined)
    query.andWhere(`a.acknowledged_at IS ${filter.acknowledged ? 'NOT NULL' : 'NULL'}`);
  for (const [filtered, column] of [
    [filter.inhibited, 'inhibited_by'],
    [filter.storm, 'storm'],
  ] as const) {
    if (filtered !== undefined) query.andWhere(`a.${column} IS ${filtered ? 'NOT NULL' : 'NULL'}`);
  }
  if (filter.shelved !== undefined) query.andWhere(`coalesce(a.shelved_until > :now, false) = :is`, filter.shelved);
  if (after !== undefined) {
    const [noticedAtMs, id] = after;
    query.andWhere('(a.raise_noticed_at, a.id) < (:noticedAt, CAST(:id AS uuid))', {
      noticedAt: new Date(noticedAtMs),
      id,
    });
  }
  return (await query.getMany()).map(alarmOf);
}

/** The latest first. @param before the version that the page before ended with */
export async function listEntries(
  db: EntityManager,
  tenant: string,
  alarm: string,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<AlarmEntry[]> {
  const query = db
    .createQueryBuilder(AlarmEntryEntity, 'e')
    .where('e.tenant = :tenant AND e.alarm = :alarm', { tenant, alarm })
    .orderBy('e.version', 'DESC')
    .limit(limit);
  if (before !== undefined) query.andWhere('e.version < :before', { before });
  return (await query.getMany()).map(entryOf);
}

export interface AlarmCounts {
  readonly active: number;
  readonly unacknowledged: number;
  readonly shelved: number;
  readonly inhibited: number;
}

export interface NamedCounts extends AlarmCounts {
  readonly name: string;
}

export interface AlarmSummary extends AlarmCounts {
  readonly severities: readonly NamedCounts[];
  /** Alarms of devices without a site are in none of them. */
  readonly sites: readonly NamedCounts[];
  readonly rules: readonly NamedCounts[];
}

interface SummaryRow extends AlarmCounts {
  readonly by: 'severity' | 'site' | 'rule' | 'all';
  readonly name: string | null;
}

// Of each kind those with most alarms, of equals the first by name.
const summarySql = `
  SELECT "by", name, active, unacknowledged, shelved, inhibited
  FROM (
    SELECT *, row_number() OVER (PARTITION BY "by" ORDER BY active DESC, name COLLATE "C") AS place
    FROM (
      SELECT CASE GROUPING(severity, site, rule) WHEN 3 THEN 'severity' WHEN 5 THEN 'site' WHEN 6 THEN 'rule' ELSE 'all' END AS "by",
        coalesce(severity, site, rule) AS name,
        count(*)::integer AS active,
        (count(*) FILTER (WHERE acknowledged_at IS NULL))::integer AS unacknowledged,
        (count(*) FILTER (WHERE shelved_until > $2))::integer AS shelved,
        count(inhibited_by)::integer AS inhibited
      FROM alarm WHERE tenant = $1 AND condition = 'active'
      GROUP BY GROUPING SETS ((severity), (site), (rule), ())
    ) AS counted
    WHERE "by" = 'all' OR name IS NOT NULL
  ) AS placed
  WHERE place <= $3
  ORDER BY "by", place`;

/** Of active alarms. @param limit of sites, and of rules: those with most alarms */
export async function summariseAlarms(
  db: EntityManager,
  tenant: string,
  now: Date,
  limit: number,
): Promise<AlarmSummary> {
  const rows = await db.query<SummaryRow[]>(summarySql, [tenant, now, limit]);
  const of = (by: SummaryRow['by']): NamedCounts[] =>
    rows.filter((row) => row.by === by).map(({ by: _by, name, ...counts }) => ({ name: name ?? '', ...counts }));
  const [all = { active: 0, unacknowledged: 0, shelved: 0, inhibited: 0 }] = of('all');
  const { active, unacknowledged, shelved, inhibited } = all;
  return {
    ...{ active, unacknowledged, shelved, inhibited },
    ...{ severities: of('severity'), sites: of('site'), rules: of('rule') },
  };
}
