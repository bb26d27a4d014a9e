import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { mapOf } from '../definition/map-of.js';
import { DeviceScope, Instant, Slug, Tenant, TimeZone, Version } from '../registry/shared.js';

export const ruleStateTopic = defineTopic({
  name: 'myelin.alerting.rule-state.v1',
  owner: 'alerting',
  ...stateTopicDefaults,
  summary: 'What the alerting service watches for, rule by rule.',
});

export const alarmSeverities = ['critical', 'major', 'minor', 'warning', 'info'] as const;
/** Most severe first. */
export type AlarmSeverity = (typeof alarmSeverities)[number];
export const AlarmSeverityName = Type.Union(alarmSeverities.map((name) => Type.Literal(name)));

/** Names of labels of rules and alarms: Prometheus' names, and what devices' labels have beside that. */
export const alarmLabelPattern = '^[A-Za-z_][A-Za-z0-9._/-]{0,63}$';

/**
 * A condition as its author wrote it, in the rule language of the alerting service. Not spelt out here: the language gains
 * operators, and none of them is a new version of this event.
 */
const Condition = mapOf('^[A-Za-z]{1,64}$', Type.Unknown(), { minProperties: 1, maxProperties: 16 });

const DurationMs = Type.Integer({ minimum: 0, maximum: 604_800_000 });
/** The last n readings of a device. */
const Readings = Type.Integer({ minimum: 1, maximum: 50 });

const Parts = Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 32 }));

/** A part of Alertmanager's `time_interval`: every member that is given must hold, of each one range is enough. */
const Interval = Type.Object(
  {
    times: Type.Optional(
      Type.Array(Type.Object({ startTime: Type.String(), endTime: Type.String() }, { additionalProperties: false }), {
        maxItems: 32,
      }),
    ),
    weekdays: Parts,
    daysOfMonth: Parts,
    months: Parts,
    years: Parts,
  },
  { additionalProperties: false },
);

const Definition = Type.Object(
  {
    /** What people call the rule; its id if absent. */
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    /** False: the rule concerns no device. True if absent. */
    enabled: Type.Optional(Type.Boolean()),
    scope: DeviceScope,
    when: Condition,
    forMs: Type.Optional(DurationMs),
    kOfN: Type.Optional(Type.Object({ k: Readings, n: Readings }, { additionalProperties: false })),
    clear: Type.Optional(
      Type.Object(
        {
          when: Type.Optional(Condition),
          hysteresis: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          forMs: Type.Optional(DurationMs),
        },
        { additionalProperties: false },
      ),
    ),
    /** Outside of its intervals the condition is false. In the time zone of the device if it names none. */
    schedule: Type.Optional(
      Type.Object(
        { timeZone: Type.Optional(TimeZone), intervals: Type.Array(Interval, { minItems: 1, maxItems: 32 }) },
        { additionalProperties: false },
      ),
    ),
    /** How far readings of a device may be out of order, in event time. 0 if absent. */
    latenessMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
    severity: AlarmSeverityName,
    /** When its alarms are a storm, for which one alarm stands. Members that are absent have the service's defaults. */
    storm: Type.Optional(
      Type.Object(
        {
          /** Beside the storms of the whole rule, those of each site or profile. */
          by: Type.Optional(Type.Union([Type.Literal('site'), Type.Literal('profile')])),
          /** More than this share of the devices that the rule concerns; 1: never. */
          share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
          atLeast: Type.Optional(Type.Integer({ minimum: 2, maximum: 1_000_000 })),
          windowMs: Type.Optional(Type.Integer({ minimum: 10_000, maximum: 86_400_000 })),
        },
        { additionalProperties: false },
      ),
    ),
    /** On every alarm of the rule. */
    labels: Type.Optional(
      mapOf(alarmLabelPattern, Type.String({ minLength: 1, maxLength: 256 }), { maxProperties: 32 }),
    ),
    /** Templates of texts about an alarm. */
    annotations: Type.Optional(
      Type.Object(
        {
          summary: Type.Optional(Type.String({ maxLength: 4_096 })),
          description: Type.Optional(Type.String({ maxLength: 4_096 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export const ruleStateV1 = defineEvent({
  name: 'rule-state',
  area: 'alerting',
  version: 1,
  topic: ruleStateTopic,
  key: 'rule',
  summary: 'The complete current definition of one rule; a tombstone when it is removed.',
  schema: Type.Object(
    {
      tenant: Tenant,
      rule: Slug,
      /** Alarms name it: those of another version of the rule are over. Strictly grows, over a removal as well. */
      version: Version,
      updatedAt: Instant,
      definition: Definition,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    rule: 'too-hot',
    version: 3,
    updatedAt: '2026-11-26T08:00:00.000Z',
    definition: {
      name: 'Too hot',
      scope: { profiles: ['thermometer'], labels: { hall: ['north', 'south'] } },
      when: { metric: 'temperature', op: '>', value: 80 },
      forMs: 60_000,
      clear: { hysteresis: 2 },
      severity: 'major',
      labels: { team: 'cooling' },
      annotations: { summary: '{{ device.id }} is too hot' },
    },
  },
  exampleKey: 'acme/too-hot',
  headers: { 'myelin-version': "the entity's version, also on a tombstone" },
  consumers: [{ kind: 'table', service: 'alerting' }],
});
