import { CodedError } from '@myelin/kernel';
import type { Severity, StormBrake } from '../rules/rule.js';

/** What a rule says of a device. Rules set it, people do not, but for a manual clear. */
export type AlarmCondition = 'active' | 'cleared';

export const clearReasons = [
  'condition',
  'schedule-ended',
  'rule-changed',
  'rule-removed',
  'device-removed',
  'device-changed',
  'manual',
] as const;
export type ClearReason = (typeof clearReasons)[number];

export interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
}

/** What is told of an alarm beside what happened: of the device as it was when the alarm was raised, and the rule's own texts. */
export interface AlarmDescription {
  readonly site?: string;
  readonly profile?: string;
  readonly deviceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type StormGrouping = 'rule' | NonNullable<StormBrake['by']>;

/** What an alarm stands for when a rule raises too many at once. */
export interface Storm {
  readonly by: StormGrouping;
  /** Of the site or the profile; absent for devices without a site, and for the whole rule. */
  readonly name?: string;
  /** Whose alarm was one too many. */
  readonly device: string;
  /** How many had an alarm when it began. */
  readonly devices: number;
  /** How many the rule concerned then, within the group. */
  readonly concerned: number;
  /** With more devices than these it began. */
  readonly limit: number;
  /** Alarms that were raised later are of the storm, in the service's time. */
  readonly sinceMs: number;
  readonly windowMs: number;
}

/**
 * One occurrence of a rule's condition at a device. Two axes that do not touch: the condition, and whether somebody has
 * acknowledged it (ISA-18.2's normal, unacknowledged, acknowledged and returned are their four pairs).
 */
export interface Alarm extends AlarmDescription {
  /** Of the occurrence; see `occurrenceId`. */
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: number;
  /** Of a storm's alarm, its `StormGroup`. */
  readonly device: string;
  readonly severity: Severity;
  readonly condition: AlarmCondition;
  /** Event time. */
  readonly startedAtMs: number;
  /** Event time of the reading that raised it. */
  readonly raisedAtMs: number;
  /** When the service noticed. */
  readonly raiseNoticedAtMs: number;
  /** Event time of the reading that cleared it; of other reasons, when that was done. */
  readonly clearedAtMs?: number;
  readonly clearNoticedAtMs?: number;
  readonly clearReason?: ClearReason;
  readonly acknowledged?: Acknowledgement;
  /** Until then it is not notified of. */
  readonly shelvedUntilMs?: number;
  readonly assignee?: string;
  /** The condition changes so often that a single change says nothing. */
  readonly flapping: boolean;
  /** The storm's alarm that it belongs to: it is not notified of itself. What it was stays when it is cleared. */
  readonly inhibitedBy?: string;
  /** Only of a storm's alarm. Its times are the service's. */
  readonly storm?: Storm;
  /** From 1 on; each change is one more. */
  readonly version: number;
}

export const alarmLimits = {
  commentLength: 2_000,
  reasonLength: 500,
  assigneeLength: 128,
  maxShelveMs: 2_592_000_000,
} as const;

/** Topics of measurements keep less: a replay finds no occurrence again whose alarm is forgotten. */
export const minAlarmRetentionMs = 8 * 86_400_000;

/** What people do to an alarm. */
export type AlarmCommand =
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'unshelve' | 'unassign' }
  | { readonly kind: 'shelve'; readonly untilMs: number }
  | { readonly kind: 'assign'; readonly assignee: string }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'clear'; readonly reason: string };

/** What happened to an alarm, for its history. `by` is absent when no person did it. */
export interface AlarmEntry {
  readonly alarm: string;
  /** Of the alarm, after it. */
  readonly version: number;
  readonly kind: AlarmCommand['kind'] | 'raise' | 'settle' | 'inhibit' | 'release';
  readonly atMs: number;
  readonly by?: string;
  readonly text?: string;
}

export type AlarmErrorCode =
  /** Somebody changed the alarm since its version was read. */
  | 'alarm.version-conflict'
  /** The alarm is already as the command wants it. */
  | 'alarm.nothing-to-change'
  /** The end of a shelf is not ahead, or too far. */
  | 'alarm.shelf-invalid';

export class AlarmError extends CodedError<AlarmErrorCode> {}

export interface AlarmChange {
  readonly alarm: Alarm;
  readonly entry: AlarmEntry;
}

/** Of a rule and device one at a time is active. */
export function clearedFirst(alarms: readonly Alarm[]): Alarm[] {
  return [
    ...alarms.filter(({ condition }) => condition === 'cleared'),
    ...alarms.filter(({ condition }) => condition === 'active'),
  ];
}

const untold: readonly AlarmEntry['kind'][] = ['comment', 'assign', 'unassign', 'settle'];

/**
 * Whether receivers may have to hear of the change. Nothing that happens to an alarm after its clear is told: by then another
 * one of its rule and device may be.
 */
export function concernsNotifications({ alarm, entry }: AlarmChange): boolean {
  return entry.kind === 'clear' || (alarm.condition === 'active' && !untold.includes(entry.kind));
}

const quietens: readonly AlarmEntry['kind'][] = ['acknowledge', 'shelve', 'inhibit'];

/** Whether it is such a change that makes receivers hear, rather than one after which they hear less. */
export function leadsToNotifying(change: AlarmChange): boolean {
  return concernsNotifications(change) && !quietens.includes(change.entry.kind);
}

export type NewAlarm = AlarmDescription &
  Pick<Alarm, 'id' | 'rule' | 'ruleVersion' | 'device' | 'severity' | 'startedAtMs' | 'raisedAtMs' | 'flapping'> &
  Pick<Alarm, 'storm'>;

/** @param atMs when it was noticed */
export function raise(found: NewAlarm, atMs: number): AlarmChange {
  const alarm: Alarm = { ...found, raiseNoticedAtMs: atMs, condition: 'active', version: 1 };
  return { alarm, entry: { alarm: alarm.id, version: 1, kind: 'raise', atMs } };
}

export interface ClearByRule {
  readonly reason: Exclude<ClearReason, 'manual'>;
  /** Event time. */
  readonly clearedAtMs: number;
  readonly flapping: boolean;
}

/** What rules, and the ends of rules and devices, do. Undefined when the alarm is cleared already. @param atMs when it was noticed */
export function clearByRule(alarm: Alarm, clear: ClearByRule, atMs: number): AlarmChange | undefined {
  if (alarm.condition === 'cleared') return undefined;
  const { reason, clearedAtMs, flapping } = clear;
  return changed(
    alarm,
    { condition: 'cleared', clearedAtMs, clearNoticedAtMs: atMs, clearReason: reason, flapping },
    { kind: 'clear', atMs, text: reason },
  );
}

/** The condition has held for long enough to mean something. Undefined when that is known, or the alarm is cleared. */
export function settle(alarm: Alarm, atMs: number): AlarmChange | undefined {
  if (alarm.condition === 'cleared' || !alarm.flapping) return undefined;
  return changed(alarm, { flapping: false }, { kind: 'settle', atMs });
}

/** From now on another alarm stands for it. Undefined when one does already, or the alarm is cleared. */
export function inhibit(alarm: Alarm, by: string, atMs: number): AlarmChange | undefined {
  if (alarm.condition === 'cleared' || alarm.inhibitedBy === by) return undefined;
  return changed(alarm, { inhibitedBy: by }, { kind: 'inhibit', atMs, text: by });
}

/** From now on it stands for itself. Undefined when it does already, or is cleared. */
export function release(alarm: Alarm, atMs: number): AlarmChange | undefined {
  if (alarm.condition === 'cleared' || alarm.inhibitedBy === undefined) return undefined;
  return changed(alarm, { inhibitedBy: undefined }, { kind: 'release', atMs });
}

/** @throws AlarmError alarm.version-conflict, alarm.nothing-to-change, alarm.shelf-invalid */
export function handle(
  alarm: Alarm,
  command: AlarmCommand,
  { by, atMs, expectedVersion }: { readonly by: string; readonly atMs: number; readonly expectedVersion: number },
): AlarmChange {
  if (alarm.version !== expectedVersion) {
    const message = `the alarm is at version ${alarm.version}, not ${expectedVersion}`;
    throw AlarmError.permanent('alarm.version-conflict', message, { details: { version: alarm.version } });
  }
  const { members, text } = effectOf(alarm, command, by, atMs);
  return changed(alarm, members, { kind: command.kind, atMs, by, ...(text === undefined ? {} : { text }) });
}

type Changes = { readonly [Member in keyof Alarm]?: Alarm[Member] | undefined };

function effectOf(alarm: Alarm, command: AlarmCommand, by: string, atMs: number): { members: Changes; text?: string } {
  switch (command.kind) {
    case 'acknowledge':
      refuseIf(alarm.acknowledged !== undefined, 'the alarm is acknowledged already');
      return { members: { acknowledged: { by, atMs } } };
    case 'unacknowledge':
      refuseIf(alarm.acknowledged === undefined, 'the alarm is not acknowledged');
      return { members: { acknowledged: undefined } };
    case 'shelve':
      return shelve(alarm, command.untilMs, atMs);
    case 'unshelve':
      refuseIf(alarm.shelvedUntilMs === undefined, 'the alarm is not shelved');
      return { members: { shelvedUntilMs: undefined } };
    case 'assign':
      refuseIf(alarm.assignee === command.assignee, 'the alarm is theirs already');
      return { members: { assignee: command.assignee }, text: command.assignee };
    case 'unassign':
      refuseIf(alarm.assignee === undefined, "the alarm is nobody's");
      return { members: { assignee: undefined } };
    case 'comment':
      return { members: {}, text: command.text };
    case 'clear':
      refuseIf(alarm.condition === 'cleared', 'the alarm is cleared already');
      return { members: { ...manuallyCleared, clearedAtMs: atMs, clearNoticedAtMs: atMs }, text: command.reason };
  }
}

const manuallyCleared = { condition: 'cleared', clearReason: 'manual' } as const;

function shelve(alarm: Alarm, untilMs: number, atMs: number): { members: Changes; text: string } {
  if (untilMs <= atMs || untilMs > atMs + alarmLimits.maxShelveMs)
    throw AlarmError.permanent('alarm.shelf-invalid', 'the end of a shelf lies ahead, by 30 days at most');
  refuseIf(alarm.shelvedUntilMs === untilMs, 'the alarm is shelved until then already');
  return { members: { shelvedUntilMs: untilMs }, text: new Date(untilMs).toISOString() };
}

function refuseIf(isSo: boolean, message: string): void {
  if (isSo) throw AlarmError.permanent('alarm.nothing-to-change', message);
}

function changed(alarm: Alarm, changes: Changes, entry: Omit<AlarmEntry, 'alarm' | 'version'>): AlarmChange {
  const version = alarm.version + 1;
  const members = Object.entries({ ...alarm, ...changes, version }).filter(([, value]) => value !== undefined);
  return { alarm: Object.fromEntries(members) as unknown as Alarm, entry: { alarm: alarm.id, version, ...entry } };
}
