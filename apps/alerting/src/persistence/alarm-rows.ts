import type { Alarm, AlarmEntry } from '../domain/alarms/alarm.js';
import type { FlappingMemory } from '../domain/alarms/alarm-book.js';
import type { AlarmEntity, AlarmEntryEntity, FlappingEntity } from './alarm.entity.js';

export function alarmOf(row: AlarmEntity): Alarm {
  const { id, rule, ruleVersion, device, site, profile, deviceLabels, labels, annotations } = row;
  const { severity, condition, flapping, version, clearReason, assignee } = row;
  return {
    ...{ id, rule, ruleVersion, device, deviceLabels, labels, annotations, severity, condition, flapping, version },
    ...(site === null ? {} : { site }),
    ...(profile === null ? {} : { profile }),
    ...{ startedAtMs: row.startedAt.getTime(), raisedAtMs: row.raisedAt.getTime() },
    raiseNoticedAtMs: row.raiseNoticedAt.getTime(),
    ...(row.clearedAt === null ? {} : { clearedAtMs: row.clearedAt.getTime() }),
    ...(row.clearNoticedAt === null ? {} : { clearNoticedAtMs: row.clearNoticedAt.getTime() }),
    ...(clearReason === null ? {} : { clearReason }),
    ...(row.acknowledgedBy === null || row.acknowledgedAt === null
      ? {}
      : { acknowledged: { by: row.acknowledgedBy, atMs: row.acknowledgedAt.getTime() } }),
    ...(row.shelvedUntil === null ? {} : { shelvedUntilMs: row.shelvedUntil.getTime() }),
    ...(assignee === null ? {} : { assignee }),
    ...(row.inhibitedBy === null ? {} : { inhibitedBy: row.inhibitedBy }),
    ...(row.storm === null ? {} : { storm: row.storm }),
  };
}

/** Its columns, as JSON has them. */
export function alarmColumns(alarm: Alarm): Record<string, unknown> {
  const { id, rule, device, severity, condition, flapping, version, labels, annotations, acknowledged } = alarm;
  return {
    ...{ id, rule, device, severity, condition, flapping, version, labels, annotations },
    ...{ rule_version: alarm.ruleVersion, device_labels: alarm.deviceLabels },
    ...{ site: alarm.site ?? null, profile: alarm.profile ?? null, assignee: alarm.assignee ?? null },
    started_at: new Date(alarm.startedAtMs),
    raised_at: new Date(alarm.raisedAtMs),
    raise_noticed_at: new Date(alarm.raiseNoticedAtMs),
    cleared_at: dateOrNull(alarm.clearedAtMs),
    clear_noticed_at: dateOrNull(alarm.clearNoticedAtMs),
    clear_reason: alarm.clearReason ?? null,
    acknowledged_by: acknowledged?.by ?? null,
    acknowledged_at: dateOrNull(acknowledged?.atMs),
    shelved_until: dateOrNull(alarm.shelvedUntilMs),
    ...{ inhibited_by: alarm.inhibitedBy ?? null, storm: alarm.storm ?? null },
  };
}

export function entryOf({ alarm, version, kind, at, by, text }: AlarmEntryEntity): AlarmEntry {
  return {
    ...{ alarm, version, kind, atMs: at.getTime() },
    ...(by === null ? {} : { by }),
    ...(text === null ? {} : { text }),
  };
}

export function memoryOf(
  row: Pick<FlappingEntity, 'rule' | 'device' | 'recent' | 'count' | 'flapping' | 'changedAt'>,
): FlappingMemory {
  const { rule, device, recent, count, flapping, changedAt } = row;
  return { rule, device, flapping: { recent, count, flapping }, changedAtMs: changedAt?.getTime() ?? null };
}

function dateOrNull(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}
