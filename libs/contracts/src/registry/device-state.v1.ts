import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Labels, LifecycleState, Metadata, Slug, Tenant, TimeZone, Version } from './shared.js';

export const deviceStateTopic = defineTopic({
  name: 'myelin.registry.device-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'The complete current state of every device.',
});

export const deviceStateV1 = defineEvent({
  name: 'device-state',
  area: 'registry',
  version: 1,
  topic: deviceStateTopic,
  key: 'device',
  summary: 'The complete current state of one device; a tombstone when its record is deleted.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      /** Dense, never reused. */
      index: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
      profile: Slug,
      site: Type.Optional(Slug),
      timeZone: Type.Optional(TimeZone),
      lifecycle: LifecycleState,
      labels: Labels,
      metadata: Metadata,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    index: 17,
    profile: 'thermometer',
    site: 'plant-1',
    timeZone: 'Europe/Berlin',
    lifecycle: 'active',
    labels: { line: '4' },
    metadata: { installedBy: 'north team' },
    version: 3,
  },
  exampleKey: 'acme/sensor-17',
  headers: { 'myelin-version': "the entity's version, also on a tombstone" },
  consumers: [
    { kind: 'table', service: 'ingest-gateway' },
    { kind: 'table', service: 'alerting' },
    { kind: 'table', service: 'firmware-rollout' },
    { kind: 'group', group: 'firmware-rollout.follow-devices', service: 'firmware-rollout', onPoison: 'park' },
  ],
});
