import type { EntityManager } from 'typeorm';
import { type Alarm, type AlarmEntry, clearedFirst } from '../domain/alarms/alarm.js';
import type { FlappingMemory } from '../domain/alarms/alarm-book.js';
import { settlesAfterMs } from '../domain/alarms/flapping.js';
import type { RuleAndDevice } from '../domain/alarms/found.js';
import { AlarmEntity, type FlappingEntity } from './alarm.entity.js';
import { alarmColumns, alarmOf, memoryOf } from './alarm-rows.js';

const rowsPerStatement = 1_000;

const lockFlappingSql = `
  INSERT INTO flapping AS f (tenant, rule, device, recent, count, flapping, touched_at)
  SELECT DISTINCT $1, s.rule, s.device, 0, 0, false, $4::timestamptz
  FROM unnest($2::text[], $3::text[]) AS s(rule, device) ORDER BY s.rule, s.device
  ON CONFLICT (tenant, rule, device) DO UPDATE SET touched_at = EXCLUDED.touched_at
  RETURNING rule, device, recent, count, flapping, changed_at AS "changedAt"`;

/** Until the transaction ends nobody else raises or clears alarms of these rules and devices. */
export async function lockFlapping(
  tx: EntityManager,
  tenant: string,
  of: readonly RuleAndDevice[],
  at: Date,
): Promise<FlappingMemory[]> {
  const places = [of.map(({ rule }) => rule), of.map(({ device }) => device)];
  const rows = await tx.query<FlappingEntity[]>(lockFlappingSql, [tenant, ...places, at]);
  return rows.map(memoryOf);
}

/** Those of these ids, and the active ones of these rules and devices. People do not change them until the transaction ends. */
export async function lockAlarms(
  tx: EntityManager,
  tenant: string,
  ids: readonly string[],
  of: readonly RuleAndDevice[],
): Promise<Alarm[]> {
  const chosen = `
    SELECT unnest(CAST(:ids AS uuid[]))
    UNION
    SELECT c.id FROM unnest(CAST(:rules AS text[]), CAST(:devices AS text[])) AS s(rule, device)
    JOIN alarm c ON c.tenant = :tenant AND c.rule = s.rule AND c.device = s.device AND c.condition = 'active'`;
  const rows = await tx
    .createQueryBuilder(AlarmEntity, 'a')
    .setLock('pessimistic_write')
    .where(`a.tenant = :tenant AND a.id IN (${chosen})`, { tenant, ids })
    .setParameters({ rules: of.map(({ rule }) => rule), devices: of.map(({ device }) => device) })
    .orderBy('a.id')
    .getMany();
  return rows.map(alarmOf);
}

export async function lockAlarm(tx: EntityManager, tenant: string, id: string): Promise<Alarm | undefined> {
  const row = await tx.findOne(AlarmEntity, { where: { tenant, id }, lock: { mode: 'pessimistic_write' } });
  return row === null ? undefined : alarmOf(row);
}

const alarmColumnTypes = {
  ...{ id: 'uuid', rule: 'text', rule_version: 'integer', device: 'text', site: 'text', profile: 'text' },
  ...{ device_labels: 'jsonb', labels: 'jsonb', annotations: 'jsonb', severity: 'text', condition: 'text' },
  ...{ started_at: 'timestamptz', raised_at: 'timestamptz', raise_noticed_at: 'timestamptz' },
  ...{ cleared_at: 'timestamptz', clear_noticed_at: 'timestamptz', clear_reason: 'text' },
  ...{ acknowledged_by: 'text', acknowledged_at: 'timestamptz', shelved_until: 'timestamptz', assignee: 'text' },
  ...{ flapping: 'boolean', version: 'integer', inhibited_by: 'uuid', storm: 'jsonb' },
} as const;
const alarmColumnNames = Object.keys(alarmColumnTypes);
const changing = [
  ...['condition', 'cleared_at', 'clear_noticed_at', 'clear_reason', 'acknowledged_by', 'acknowledged_at'],
  ...['shelved_until', 'assignee', 'flapping', 'inhibited_by', 'version'],
];
const saveAlarmsSql = `
  INSERT INTO alarm (tenant, ${alarmColumnNames.join(', ')})
  SELECT $1, ${alarmColumnNames.map((name) => `r.${name}`).join(', ')}
  FROM jsonb_to_recordset($2::jsonb) AS r(${Object.entries(alarmColumnTypes)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ')})
  ON CONFLICT (tenant, id) DO UPDATE SET ${changing.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`;

export async function saveAlarms(tx: EntityManager, tenant: string, alarms: readonly Alarm[]): Promise<void> {
  await inChunks(clearedFirst(alarms).map(alarmColumns), (rows) =>
    tx.query(saveAlarmsSql, [tenant, JSON.stringify(rows)]),
  );
}

const addEntriesSql = `
  INSERT INTO alarm_entry (tenant, alarm, version, kind, at, by, text)
  SELECT $1, r.alarm, r.version, r.kind, r.at, r.by, r.text
  FROM jsonb_to_recordset($2::jsonb)
    AS r(alarm uuid, version integer, kind text, at timestamptz, by text, text text)`;

export async function addEntries(tx: EntityManager, tenant: string, entries: readonly AlarmEntry[]): Promise<void> {
  const rows = entries.map(({ atMs, ...entry }) => ({ ...entry, at: new Date(atMs) }));
  await inChunks(rows, (some) => tx.query(addEntriesSql, [tenant, JSON.stringify(some)]));
}

const saveFlappingSql = `
  UPDATE flapping f
  SET recent = r.recent, count = r.count, flapping = r.flapping, changed_at = r.changed_at, settles_at = r.settles_at
  FROM jsonb_to_recordset($2::jsonb) AS r(rule text, device text, recent integer, count smallint, flapping boolean,
                                          changed_at timestamptz, settles_at timestamptz)
  WHERE f.tenant = $1 AND f.rule = r.rule AND f.device = r.device`;

/** Of rules and devices that are locked. @param atMs from when on they settle */
export async function saveFlapping(
  tx: EntityManager,
  tenant: string,
  memories: readonly FlappingMemory[],
  atMs: number,
): Promise<void> {
  const rows = memories.map(({ rule, device, flapping, changedAtMs }) => {
    const settlesAfter = settlesAfterMs(flapping);
    return {
      ...{ rule, device, ...flapping },
      changed_at: changedAtMs === null ? null : new Date(changedAtMs),
      settles_at: settlesAfter === undefined ? null : new Date(atMs + settlesAfter),
    };
  });
  await inChunks(rows, (some) => tx.query(saveFlappingSql, [tenant, JSON.stringify(some)]));
}

async function inChunks<Row>(rows: readonly Row[], work: (rows: readonly Row[]) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < rows.length; first += rowsPerStatement) {
    await work(rows.slice(first, first + rowsPerStatement));
  }
}
