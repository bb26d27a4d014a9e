import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Labels, Slug, Tenant, Version } from '../registry/shared.js';
import {
  Actor,
  AlarmClearReason,
  AlarmCondition,
  AlarmId,
  AlarmStorm,
  Annotations,
  RuleLabels,
} from './alarm-members.js';
import { AlarmSeverityName } from './rule-state.v1.js';

export const alarmStateTopic = defineTopic({
  name: 'myelin.alerting.alarm-state.v1',
  owner: 'alerting',
  ...stateTopicDefaults,
  summary: 'The complete current state of every alarm that is remembered, cleared ones included.',
});

export const alarmStateV1 = defineEvent({
  name: 'alarm-state',
  area: 'alerting',
  version: 1,
  topic: alarmStateTopic,
  key: 'alarm',
  summary: 'The complete current state of one alarm; a tombstone when it is forgotten.',
  schema: Type.Object(
    {
      tenant: Tenant,
      alarm: AlarmId,
      rule: Slug,
      ruleVersion: Version,
      device: Device,
      site: Type.Optional(Slug),
      profile: Type.Optional(Slug),
      /** As they were when the alarm was raised. */
      deviceLabels: Labels,
      severity: AlarmSeverityName,
      condition: AlarmCondition,
      /** Since when the condition holds, in the device's time. */
      startedAt: Instant,
      /** Of the measurement that decided, in the device's time. */
      raisedAt: Instant,
      /** When the service noticed. */
      raiseNoticedAt: Instant,
      /** As `raisedAt`; when it was not a measurement that cleared the alarm, the service's time. */
      clearedAt: Type.Optional(Instant),
      clearNoticedAt: Type.Optional(Instant),
      clearReason: Type.Optional(AlarmClearReason),
      acknowledged: Type.Optional(Type.Object({ by: Actor, at: Instant }, { additionalProperties: false })),
      /** Until then it is not notified of. */
      shelvedUntil: Type.Optional(Instant),
      assignee: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
      /** The condition changes so often that a single change says nothing. */
      flapping: Type.Boolean(),
      /** The alarm of a storm that this one belongs to, which is notified of in its place. */
      inhibitedBy: Type.Optional(AlarmId),
      /** Only of an alarm that stands for a storm. */
      storm: Type.Optional(AlarmStorm),
      labels: RuleLabels,
      annotations: Annotations,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    alarm: '5b0c1f0e-7d52-8a51-9a34-6f0f54c2a9d1',
    rule: 'too-hot',
    ruleVersion: 3,
    device: 'sensor-17',
    site: 'plant-1',
    profile: 'thermometer',
    deviceLabels: { line: '4' },
    severity: 'major',
    condition: 'active',
    startedAt: '2026-11-23T08:00:00.000Z',
    raisedAt: '2026-11-23T08:05:00.000Z',
    raiseNoticedAt: '2026-11-23T08:05:00.420Z',
    acknowledged: { by: 'operator:alice', at: '2026-11-23T08:07:12.000Z' },
    flapping: false,
    labels: { team: 'north' },
    annotations: { summary: 'sensor-17 has been above 80 °C for 5 minutes' },
    version: 2,
  },
  exampleKey: 'acme/5b0c1f0e-7d52-8a51-9a34-6f0f54c2a9d1',
  headers: { 'myelin-version': "the alarm's version, also on a tombstone" },
  consumers: [],
});
