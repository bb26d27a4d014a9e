import { Type } from '@sinclair/typebox';
import { mapOf } from '../definition/map-of.js';
import { uuidPattern } from '../definition/record-key.js';
import { Slug } from '../registry/shared.js';
import { alarmLabelPattern } from './rule-state.v1.js';

/**
 * The condition holds no more; the rule's schedule has ended, or the rule was changed or removed; the device was removed or may
 * not report any more, or is not what the rule is about any more; somebody cleared it.
 */
export const alarmClearReasons = [
  ...(['condition', 'schedule-ended', 'rule-changed', 'rule-removed'] as const),
  ...(['device-removed', 'device-changed', 'manual'] as const),
] as const;

/** What happens to alarms. Rules raise and clear, people do all of the others and clear too; an alarm settles by itself. */
export const alarmChangeKinds = [
  ...(['raise', 'clear', 'settle', 'acknowledge', 'unacknowledge'] as const),
  ...(['shelve', 'unshelve', 'assign', 'unassign', 'comment'] as const),
] as const;

/** What alarms of a rule have in common that storm together: the rule alone, or the devices' site or profile as well. */
export const alarmStormGroups = ['rule', 'site', 'profile'] as const;

/** Of one occurrence of a rule's condition at a device: made of rule, rule's version, device and beginning. */
export const AlarmId = Type.String({ pattern: uuidPattern });
export const AlarmCondition = Type.Union([Type.Literal('active'), Type.Literal('cleared')]);
export const AlarmClearReason = Type.Union(alarmClearReasons.map((reason) => Type.Literal(reason)));
export const AlarmChangeKind = Type.Union(alarmChangeKinds.map((kind) => Type.Literal(kind)));
const AlarmStormGroup = Type.Union(alarmStormGroups.map((group) => Type.Literal(group)));
export const Actor = Type.String({ minLength: 1, maxLength: 256 });

/** Of the rule. */
export const RuleLabels = mapOf(alarmLabelPattern, Type.String({ maxLength: 256 }), { maxProperties: 64 });
/** Of the rule, filled in for the device. */
export const Annotations = mapOf(alarmLabelPattern, Type.String({ maxLength: 8_192 }), { maxProperties: 32 });

/**
 * What an alarm stands for that is not one device's: a rule raised alarms at more than the share of devices that it may. The
 * alarm's `device` is then the one whose alarm was one too many.
 */
export const AlarmStorm = Type.Object(
  {
    by: AlarmStormGroup,
    /** Of the site or the profile; absent for devices without a site, and for the whole rule. */
    name: Type.Optional(Slug),
    /** How many had an alarm when the storm began. */
    devices: Type.Integer({ minimum: 1 }),
    /** How many devices the rule concerned then, within the group. */
    concerned: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
