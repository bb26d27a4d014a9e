import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { mapOf } from '../definition/map-of.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { metricNamePattern } from '../telemetry/measurement-reported.v1.js';
import { Metadata, retentionClasses, Slug, storagePolicies, Tenant, Version } from './shared.js';

export const profileStateTopic = defineTopic({
  name: 'myelin.registry.profile-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'What devices of a kind report, how often, and how long it is kept.',
});

export const valueKinds = ['number', 'boolean', 'text', 'array', 'position'] as const;
export type ValueKind = (typeof valueKinds)[number];

/** A day. */
export const maxMinimumIntervalMs = 86_400_000;
/** A week, the retention of the telemetry topic: the most that a profile may allow data to be late. */
export const maxLatenessMs = 604_800_000;
export const defaultLateAfterMs = 60_000;
export const defaultLatenessMs = 3_600_000;

const Metric = Type.Object(
  {
    kind: Type.Union(valueKinds.map((kind) => Type.Literal(kind))),
    /** UCUM code where one exists, e.g. `Cel`, `kW.h`. */
    unit: Type.Optional(Type.String({ maxLength: 32 })),
    /** Values outside are stored and flagged. */
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    /** Only for numbers: a value that differs by at most this from the last kept one is redundant. */
    deadband: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    /** A value sooner than this after the last kept one, in device time, is redundant. */
    minimumIntervalMs: Type.Optional(Type.Integer({ minimum: 1, maximum: maxMinimumIntervalMs })),
  },
  { additionalProperties: false },
);

export const profileStateV1 = defineEvent({
  name: 'profile-state',
  area: 'registry',
  version: 1,
  topic: profileStateTopic,
  key: 'profile',
  summary: 'The complete current state of one profile; a tombstone when it is deleted.',
  schema: Type.Object(
    {
      tenant: Tenant,
      profile: Slug,
      /** How often a healthy device reports, in milliseconds. */
      expectedReportIntervalMs: Type.Integer({ minimum: 1_000, maximum: 31_536_000_000 }),
      metrics: mapOf(metricNamePattern, Metric, { maxProperties: 256 }),
      /** What happens to a report with a metric that `metrics` does not name. */
      unknownMetrics: Type.Union([Type.Literal('refuse'), Type.Literal('keep')]),
      retentionClass: Type.Union(retentionClasses.map((name) => Type.Literal(name))),
      /** Without it: `raw`, stored as the retention class says. `evaluate-only` is never stored. */
      storage: Type.Optional(Type.Union(storagePolicies.map((name) => Type.Literal(name)))),
      /** A measurement that is received later than this after its `ts` counts as late. Without it: 60,000. */
      lateAfterMs: Type.Optional(Type.Integer({ minimum: 1, maximum: maxLatenessMs })),
      /** How long the filters of an hour wait for late measurements. Without it: 3,600,000. */
      latenessMs: Type.Optional(Type.Integer({ minimum: 0, maximum: maxLatenessMs })),
      /** A device with this profile becomes active with its first credential. */
      autoActivate: Type.Boolean(),
      metadata: Metadata,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    profile: 'thermometer',
    expectedReportIntervalMs: 60_000,
    metrics: { temperature: { kind: 'number', unit: 'Cel', minimum: -40, maximum: 85 }, door: { kind: 'boolean' } },
    unknownMetrics: 'refuse',
    retentionClass: 'standard',
    autoActivate: true,
    metadata: {},
    version: 1,
  },
  exampleKey: 'acme/thermometer',
  headers: { 'myelin-version': "the entity's version, also on a tombstone" },
  consumers: [
    { kind: 'table', service: 'ingest-gateway' },
    { kind: 'table', service: 'telemetry' },
    { kind: 'table', service: 'alerting' },
    { kind: 'table', service: 'firmware-rollout' },
  ],
});
