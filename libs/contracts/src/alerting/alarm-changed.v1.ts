import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Slug, Tenant, Version } from '../registry/shared.js';
import { Actor, AlarmChangeKind, AlarmCondition, AlarmId, AlarmStorm } from './alarm-members.js';
import { AlarmSeverityName } from './rule-state.v1.js';

export const alarmChangedTopic = defineTopic({
  name: 'myelin.alerting.alarm-changed.v1',
  owner: 'alerting',
  ...eventTopicDefaults,
  summary: 'Everything that happens to alarms.',
});

export const alarmChangedV1 = defineEvent({
  name: 'alarm-changed',
  area: 'alerting',
  version: 1,
  topic: alarmChangedTopic,
  key: 'device',
  summary:
    'One change of an alarm, as its history has it, and what the alarm is after it. The changes of an alarm have the versions ' +
    'from 1 on, without gaps.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      alarm: AlarmId,
      rule: Slug,
      ruleVersion: Version,
      site: Type.Optional(Slug),
      profile: Type.Optional(Slug),
      severity: AlarmSeverityName,
      condition: AlarmCondition,
      acknowledged: Type.Boolean(),
      flapping: Type.Boolean(),
      /** As of the state. That it begins or ends is a change of the kind `settle`. */
      inhibitedBy: Type.Optional(AlarmId),
      storm: Type.Optional(AlarmStorm),
      /** Of the alarm, after the change. */
      version: Version,
      kind: AlarmChangeKind,
      /** Absent when no person did it. */
      actor: Type.Optional(Actor),
      /** Of a comment its text, of a clear its reason, of a shelf its end, of an assignment whose the alarm is. */
      text: Type.Optional(Type.String({ maxLength: 2_000 })),
      at: Instant,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    alarm: '5b0c1f0e-7d52-8a51-9a34-6f0f54c2a9d1',
    rule: 'too-hot',
    ruleVersion: 3,
    site: 'plant-1',
    profile: 'thermometer',
    severity: 'major',
    condition: 'active',
    acknowledged: true,
    flapping: false,
    version: 2,
    kind: 'acknowledge',
    actor: 'operator:alice',
    at: '2026-11-23T08:07:12.000Z',
  },
  exampleKey: 'acme/sensor-17',
  consumers: [],
});
