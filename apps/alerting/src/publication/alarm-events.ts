import { alarmChangedV1, alarmStateV1 } from '@myelin/contracts';
import { uuidOfName } from '@myelin/kernel';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { Alarm, AlarmChange } from '../domain/alarms/alarm.js';
import { publisherSource } from '../identity.js';

/** The state that a change led to, and the change. */
export function recordsOf(tenant: string, change: AlarmChange): EncodedRecord[] {
  return [alarmState(tenant, change), alarmChanged(tenant, change)];
}

function alarmState(tenant: string, { alarm, entry }: AlarmChange): EncodedRecord {
  const { id, rule, ruleVersion, device, deviceLabels, severity, condition, clearReason, acknowledged } = alarm;
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
    ...{ flapping, labels: { ...labels }, annotations: { ...annotations }, version },
  };
  const key = `${tenant}/${id}`;
  return encodeEvent({ contract: alarmStateV1, key, payload, timeMs: entry.atMs, version }, publisherSource);
}

export function alarmTombstone(tenant: string, id: string, version: number, timeMs: number): EncodedRecord {
  const event = { contract: alarmStateV1, key: `${tenant}/${id}`, payload: null, timeMs, version };
  return encodeEvent(event, publisherSource);
}

function alarmChanged(tenant: string, { alarm, entry }: AlarmChange): EncodedRecord {
  const { id, rule, ruleVersion, device, severity, condition, flapping } = alarm;
  const { version, kind, by, text, atMs } = entry;
  const payload = {
    ...{ tenant, device, alarm: id, rule, ruleVersion, ...placeOf(alarm), severity, condition },
    ...{ acknowledged: alarm.acknowledged !== undefined, flapping, version, kind },
    ...(by === undefined ? {} : { actor: by }),
    ...(text === undefined ? {} : { text }),
    at: instant(atMs),
  };
  const event = { contract: alarmChangedV1, key: `${tenant}/${device}`, payload, timeMs: atMs };
  return encodeEvent({ ...event, id: uuidOfName(`${id}\n${version}`) }, publisherSource);
}

function placeOf({ site, profile }: Alarm): { site?: string; profile?: string } {
  return { ...(site === undefined ? {} : { site }), ...(profile === undefined ? {} : { profile }) };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
