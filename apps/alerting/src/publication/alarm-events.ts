import { type PayloadOf, alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import { uuidOfName } from '@myelin/kernel';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { Alarm, AlarmChange, AlarmEntry, Storm } from '../domain/alarms/alarm.js';
import { publisherSource } from '../identity.js';

/** The state that a change led to, and the change. */
export function recordsOf(tenant: string, change: AlarmChange): EncodedRecord[] {
  return [alarmState(tenant, change), alarmChanged(tenant, change)];
}

function alarmState(tenant: string, { alarm, entry }: AlarmChange): EncodedRecord {
  const { id, rule, ruleVersion, deviceLabels, severity, condition, clearReason, acknowledged } = alarm;
  const device = deviceOf(alarm);
  const { assignee, flapping, labels, annotations, version } = alarm;
  const payload = {
    ...{ tenant, alarm: id, rule, ruleVersion, device, ...placeOf(alarm), deviceLabels: { ...deviceLabels } },
    ...{ severity, condition, startedAt: instant(alarm.startedAtMs), raisedAt: instant(alarm.raisedAtMs) },
    raiseNoticedAt: instant(alarm.raiseNoticedAtMs),
    ...(alarm.clearedAtMs === undefined ? {} : { clearedAt: instant(alarm.clearedAtMs) }),
    ...(alarm.clearNoticedAtMs === undefined ? {} : { clearNoticedAt: instant(alarm.clearNoticedAtMs) }),
    ...(clearReason === undefined ? {} : { clearReason }),
    ...(acknowledged === undefined ? {} : { acknowledged: { by: acknowledged.by, at: instant(acknowledged.atMs) } }),
    ...(alarm.shelvedUntilMs === undefined ? {} : { shelvedUntil: instant(alarm.shelvedUntilMs) }),
    ...(assignee === undefined ? {} : { assignee }),
    ...{ flapping, ...stormMembersOf(alarm), labels: { ...labels }, annotations: { ...annotations }, version },
  };
  const key = `${tenant}/${id}`;
  return encodeEvent({ contract: alarmStateV1, key, payload, timeMs: entry.atMs, version }, publisherSource);
}

export function alarmTombstone(tenant: string, id: string, version: number, timeMs: number): EncodedRecord {
  const event = { contract: alarmStateV1, key: `${tenant}/${id}`, payload: null, timeMs, version };
  return encodeEvent(event, publisherSource);
}

function alarmChanged(tenant: string, { alarm, entry }: AlarmChange): EncodedRecord {
  const { id, rule, ruleVersion, severity, condition, flapping } = alarm;
  const { version, by, text, atMs } = entry;
  const device = deviceOf(alarm);
  const kind = kindOf(entry);
  const payload = {
    ...{ tenant, device, alarm: id, rule, ruleVersion, ...placeOf(alarm), severity, condition },
    ...{ acknowledged: alarm.acknowledged !== undefined, flapping, ...stormMembersOf(alarm), version, kind },
    ...(by === undefined ? {} : { actor: by }),
    ...(text === undefined || kind === 'settle' ? {} : { text }),
    at: instant(atMs),
  };
  const event = { contract: alarmChangedV1, key: `${tenant}/${device}`, payload, timeMs: atMs };
  return encodeEvent({ ...event, id: uuidOfName(`${id}\n${version}`) }, publisherSource);
}

/** Of a storm the one whose alarm was one too many: every event of an alarm names a device. */
function deviceOf({ device, storm }: Alarm): string {
  return storm?.device ?? device;
}

/** The kinds of version 1 are closed: that a storm begins or ceases to stand for an alarm is told by what the alarm is then. */
function kindOf({ kind }: AlarmEntry): PayloadOf<typeof alarmChangedV1>['kind'] {
  return kind === 'inhibit' || kind === 'release' ? 'settle' : kind;
}

function stormMembersOf({ inhibitedBy, storm }: Alarm) {
  return {
    ...(inhibitedBy === undefined ? {} : { inhibitedBy }),
    ...(storm === undefined ? {} : { storm: told(storm) }),
  };
}

function told({ by, name, devices, concerned }: Storm) {
  return { by, ...(name === undefined ? {} : { name }), devices, concerned };
}

function placeOf({ site, profile }: Alarm): { site?: string; profile?: string } {
  return { ...(site === undefined ? {} : { site }), ...(profile === undefined ? {} : { profile }) };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
