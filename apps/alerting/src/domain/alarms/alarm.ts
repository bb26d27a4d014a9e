import { CodedError } from '@myelin/kernel';
import type { Severity } from '../rules/rule.js';

/** What a rule says of a device. Rules set it, people do not, but for a manual clear. */
export type AlarmCondition = 'active' | 'cleared';

export const clearReasons = [
  'condition',
  'schedule-ended',
  'rule-changed',
  'rule-removed',
  'device-removed',
  'manual',
] as const;
export type ClearReason = (typeof clearReasons)[number];

export interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
}

/**
 * One occurrence of a rule's condition at a device. Two axes that do not touch: the condition, and whether somebody has
 * acknowledged it (ISA-18.2's normal, unacknowledged, acknowledged and returned are their four pairs).
 */
export interface Alarm {
  /** Of the occurrence; see `occurrenceId`. */
  readonly id: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly device: string;
  readonly severity: Severity;
  readonly condition: AlarmCondition;
  /** Event time. */
  readonly startedAtMs: number;
  /** Event time of the reading that raised it. */
  readonly raisedAtMs: number;
  /** Event time of the reading that cleared it; of other reasons, when that was done. */
  readonly clearedAtMs?: number;
  readonly clearReason?: ClearReason;
  readonly acknowledged?: Acknowledgement;
  /** Until then it is not notified of. */
  readonly shelvedUntilMs?: number;
  readonly assignee?: string;
  /** From 1 on; each change is one more. */
  readonly version: number;
}

export const alarmLimits = {
  commentLength: 2_000,
  reasonLength: 500,
  assigneeLength: 128,
  maxShelveMs: 2_592_000_000,
} as const;

/** What people do to an alarm. */
export type AlarmCommand =
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'unshelve' | 'unassign' }
  | { readonly kind: 'shelve'; readonly untilMs: number }
  | { readonly kind: 'assign'; readonly assignee: string }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'clear'; readonly reason: string };

/** What happened to an alarm, for its history. `by` is absent when a rule did it. */
export interface AlarmEntry {
  readonly alarm: string;
  /** Of the alarm, after it. */
  readonly version: number;
  readonly kind: AlarmCommand['kind'] | 'raise';
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

export type NewAlarm = Pick<
  Alarm,
  'id' | 'rule' | 'ruleVersion' | 'device' | 'severity' | 'startedAtMs' | 'raisedAtMs'
>;

/** @param atMs when it was noticed */
export function raise(found: NewAlarm, atMs: number): AlarmChange {
  const alarm: Alarm = { ...found, condition: 'active', version: 1 };
  return { alarm, entry: { alarm: alarm.id, version: 1, kind: 'raise', atMs } };
}

/** What rules, and the ends of rules and devices, do. Undefined when the alarm is cleared already. @param clearedAtMs event time */
export function clearByRule(
  alarm: Alarm,
  reason: Exclude<ClearReason, 'manual'>,
  clearedAtMs: number,
  atMs: number,
): AlarmChange | undefined {
  if (alarm.condition === 'cleared') return undefined;
  return changed(
    alarm,
    { condition: 'cleared', clearedAtMs, clearReason: reason },
    { kind: 'clear', atMs, text: reason },
  );
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
      return { members: { condition: 'cleared', clearedAtMs: atMs, clearReason: 'manual' }, text: command.reason };
  }
}

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
