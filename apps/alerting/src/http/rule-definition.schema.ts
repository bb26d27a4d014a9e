import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { timeIntervalLimits } from '../domain/definitions/time-intervals.js';
import { maxLatenessMs, scopeLimits } from '../domain/rules/parse-rule.js';
import { presentationLimits } from '../domain/rules/read-presentation.js';
import {
  type Clearing,
  type Condition,
  type KOfN,
  type RuleAnnotations,
  type Schedule,
  type Scope,
  type Severity,
  type StormBrake,
  severities,
  stormGroups,
} from '../domain/rules/rule.js';
import { stormBrakeDefaults, stormBrakeLimits } from '../domain/rules/storm-brake.js';

const namesOf = (what: string, maxItems: number) => ({
  ...{ type: 'array' as const, items: { type: 'string' }, minItems: 1, maxItems },
  description: `${what}; one of them`,
});
const condition = {
  ...{ type: 'object' as const, additionalProperties: true },
  description:
    'A comparison (`metric`, which may be one of `$quality`; `op` one of > >= < <= == !=; `value`; and `aggregate` with `windowMs`), another part (`op` ' +
    'one of changed, stuck, anomaly, reaches, absent), or several of these under `all`, `any` or `not`. Nothing is absent that is expected to be ' +
    'silent: in a maintenance window, or while firmware is installed. The model `peer-group` of `anomaly` compares devices with each ' +
    'other in rounds of `everyMs`, and is the whole condition or no part of it.',
  example: { metric: 'temperature', aggregate: 'avg', windowMs: 300_000, op: '>', value: 80 },
};
const durationMs = { type: 'integer' as const, minimum: 0, maximum: 604_800_000 };
const reading = { type: 'integer' as const, minimum: 1, maximum: 50 };

/** Words about what `parseRule` reads; that decides. */
export class RuleDefinitionSchema {
  @ApiPropertyOptional({ maxLength: presentationLimits.name, description: 'what people call it; its id by default' })
  name?: string;

  @ApiPropertyOptional({ type: 'boolean', default: true, description: 'false: it concerns no device' })
  enabled?: boolean;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false },
    description: 'The devices that it is about: every member that is given must match; without any, all of the tenant',
    properties: {
      devices: namesOf('ids of devices', scopeLimits.devices),
      profiles: namesOf('profiles', scopeLimits.profiles),
      sites: namesOf('sites', scopeLimits.sites),
      labels: {
        ...{ type: 'object', description: 'each label must have one of its values' },
        additionalProperties: { type: 'array', items: { type: 'string' }, maxItems: scopeLimits.valuesPerLabel },
      },
    },
  })
  scope?: Scope;

  @ApiProperty(condition)
  when!: Condition;

  @ApiPropertyOptional({ ...durationMs, default: 0, description: 'true at every reading of this much event time' })
  forMs?: number;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false, required: ['k', 'n'] },
    ...{ properties: { k: reading, n: reading }, description: 'true at k of the last n readings' },
  })
  kOfN?: KOfN;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false, description: 'when an alarm is over' },
    properties: {
      when: { ...condition, description: 'instead of `when` being no longer true' },
      hysteresis: { type: 'number', description: 'by how much limits are eased once an alarm is active' },
      forMs: durationMs,
    },
  })
  clear?: Clearing;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false, required: ['intervals'] },
    description: 'outside of its intervals the condition is false',
    properties: {
      timeZone: { type: 'string', description: "IANA time zone; without it the device's" },
      intervals: {
        ...{ type: 'array', minItems: 1, maxItems: timeIntervalLimits.perName },
        items: { type: 'object', additionalProperties: true },
        description: "Alertmanager's: `times` (startTime, endTime), `weekdays`, `daysOfMonth`, `months`, `years`",
      },
    },
  })
  schedule?: Schedule;

  @ApiPropertyOptional({
    ...{ type: 'integer', minimum: 0, maximum: maxLatenessMs, default: 0 },
    description:
      'how far readings of a device may be out of order, in event time; with the model `peer-group` at most its `everyMs`',
  })
  latenessMs?: number;

  @ApiProperty({ enum: severities })
  severity!: Severity;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false },
    description:
      'When its alarms are a storm: more than a share of the devices that it concerns raise them within a window. One ' +
      'alarm then stands for them, and they are inhibited',
    properties: {
      by: {
        ...{ type: 'string', enum: [...stormGroups] },
        description: 'the same for each site or profile; by default `site` if `when` has `absent`',
      },
      share: {
        ...{ type: 'number', exclusiveMinimum: 0 as unknown as boolean, maximum: 1 },
        default: stormBrakeDefaults.share,
        description: 'more than this; 1: never',
      },
      atLeast: {
        ...{ type: 'integer', minimum: stormBrakeLimits.atLeast.min, maximum: stormBrakeLimits.atLeast.max },
        ...{ default: stormBrakeDefaults.atLeast, description: 'fewer devices are none' },
      },
      windowMs: {
        ...{ type: 'integer', minimum: stormBrakeLimits.windowMs.min, maximum: stormBrakeLimits.windowMs.max },
        default: stormBrakeDefaults.windowMs,
      },
    },
  })
  storm?: StormBrake;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 256 } },
    ...{ maxProperties: presentationLimits.labels, description: 'on every alarm of the rule' },
  })
  labels?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({
    ...{ type: 'object', additionalProperties: false, description: 'templates of texts about an alarm' },
    properties: { summary: { type: 'string', maxLength: 4_096 }, description: { type: 'string', maxLength: 4_096 } },
  })
  annotations?: RuleAnnotations;
}
