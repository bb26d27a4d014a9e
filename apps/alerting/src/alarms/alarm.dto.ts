import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  type Alarm,
  type AlarmCondition,
  type AlarmEntry,
  type ClearReason,
  type Storm,
  type StormGrouping,
  clearReasons,
} from '../domain/alarms/alarm.js';
import { type Severity, severities, stormGroups } from '../domain/rules/rule.js';

const texts = { type: 'object', additionalProperties: { type: 'string' } } as const;

export class StormView {
  @ApiProperty({ enum: ['rule', ...stormGroups], description: 'what its devices have in common, beside the rule' })
  by!: StormGrouping;

  @ApiPropertyOptional({ description: 'of the site or the profile; absent for devices without a site' })
  name?: string;

  @ApiProperty({ description: 'whose alarm was one too many' })
  device!: string;

  @ApiProperty({ type: 'integer', description: 'how many had an alarm when it began' })
  devices!: number;

  @ApiProperty({ type: 'integer', description: 'how many devices the rule concerned then, within the group' })
  concerned!: number;
}

export class AcknowledgementView {
  @ApiProperty()
  by!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

/** An alarm as every route shows it. */
export class AlarmView {
  @ApiProperty({ format: 'uuid' })
  alarm!: string;

  @ApiProperty()
  rule!: string;

  @ApiProperty({ type: 'integer' })
  ruleVersion!: number;

  @ApiPropertyOptional({ description: "absent of a storm's alarm, which is of many" })
  device?: string;

  @ApiPropertyOptional({ description: 'Where the device stood when the alarm was raised' })
  site?: string;

  @ApiPropertyOptional()
  profile?: string;

  @ApiProperty(texts)
  deviceLabels!: Readonly<Record<string, string>>;

  @ApiProperty({ enum: severities })
  severity!: Severity;

  @ApiProperty({ enum: ['active', 'cleared'] })
  state!: AlarmCondition;

  @ApiProperty({ format: 'date-time', description: "since when the rule's condition holds, in the device's time" })
  startedAt!: string;

  @ApiProperty({ format: 'date-time', description: "of the measurement that decided, in the device's time" })
  raisedAt!: string;

  @ApiProperty({ format: 'date-time', description: 'when the service noticed' })
  raiseNoticedAt!: string;

  @ApiPropertyOptional({ format: 'date-time' })
  clearedAt?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  clearNoticedAt?: string;

  @ApiPropertyOptional({ enum: clearReasons })
  clearReason?: ClearReason;

  @ApiPropertyOptional({ type: () => AcknowledgementView })
  acknowledged?: AcknowledgementView;

  @ApiPropertyOptional({ format: 'date-time', description: 'until then nobody is notified of it' })
  shelvedUntil?: string;

  @ApiPropertyOptional()
  assignee?: string;

  @ApiProperty({ description: 'its condition changes so often that a single change says nothing' })
  flapping!: boolean;

  @ApiPropertyOptional({
    format: 'uuid',
    description: 'the alarm of the storm that it belongs to: while that one is active, nobody is notified of this one',
  })
  inhibitedBy?: string;

  @ApiPropertyOptional({ type: () => StormView, description: 'what the alarm stands for, if it is of many devices' })
  storm?: StormView;

  @ApiProperty({ ...texts, description: "the rule's" })
  labels!: Readonly<Record<string, string>>;

  @ApiProperty(texts)
  annotations!: Readonly<Record<string, string>>;

  @ApiProperty({ type: 'integer' })
  version!: number;
}

/** One change of an alarm. */
export class AlarmEntryView {
  @ApiProperty({ type: 'integer', description: 'of the alarm, after the change' })
  version!: number;

  @ApiProperty({
    enum: [
      ...['raise', 'clear', 'settle', 'inhibit', 'release', 'acknowledge', 'unacknowledge'],
      ...['shelve', 'unshelve', 'assign', 'unassign', 'comment'],
    ],
  })
  kind!: AlarmEntry['kind'];

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiPropertyOptional({ description: 'absent when no person did it' })
  actor?: string;

  @ApiPropertyOptional({
    description:
      'of a comment its text, of a clear its reason, of a shelf its end, of an assignment whose the alarm is, of an ' +
      "inhibition the storm's alarm",
  })
  text?: string;
}

export function alarmView(alarm: Alarm): AlarmView {
  const { id, rule, ruleVersion, device, site, profile, deviceLabels, severity, condition, clearReason } = alarm;
  const { acknowledged, assignee, flapping, inhibitedBy, storm, labels, annotations, version } = alarm;
  return {
    ...{
      alarm: id,
      rule,
      ruleVersion,
      ...(storm === undefined && { device }),
      ...(site && { site }),
      ...(profile && { profile }),
      deviceLabels,
    },
    ...{ severity, state: condition, startedAt: instant(alarm.startedAtMs), raisedAt: instant(alarm.raisedAtMs) },
    raiseNoticedAt: instant(alarm.raiseNoticedAtMs),
    ...(alarm.clearedAtMs === undefined ? {} : { clearedAt: instant(alarm.clearedAtMs) }),
    ...(alarm.clearNoticedAtMs === undefined ? {} : { clearNoticedAt: instant(alarm.clearNoticedAtMs) }),
    ...(clearReason && { clearReason }),
    ...(acknowledged && { acknowledged: { by: acknowledged.by, at: instant(acknowledged.atMs) } }),
    ...(alarm.shelvedUntilMs === undefined ? {} : { shelvedUntil: instant(alarm.shelvedUntilMs) }),
    ...(assignee && { assignee }),
    ...{ flapping, ...(inhibitedBy && { inhibitedBy }), ...(storm && { storm: stormView(storm) }) },
    ...{ labels, annotations, version },
  };
}

export function entryView({ version, kind, atMs, by, text }: AlarmEntry): AlarmEntryView {
  return { version, kind, at: instant(atMs), ...(by && { actor: by }), ...(text && { text }) };
}

function stormView({ by, name, device, devices, concerned }: Storm): StormView {
  return { by, ...(name && { name }), device, devices, concerned };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
