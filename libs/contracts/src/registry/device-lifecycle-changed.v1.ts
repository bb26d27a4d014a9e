import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, LifecycleState, Tenant, Version } from './shared.js';

export const deviceLifecycleChangedTopic = defineTopic({
  name: 'myelin.registry.device-lifecycle-changed.v1',
  owner: 'device-registry',
  ...eventTopicDefaults,
  summary: 'Every step in the life of a device.',
});

export const deviceLifecycleChangedV1 = defineEvent({
  name: 'device-lifecycle-changed',
  area: 'registry',
  version: 1,
  topic: deviceLifecycleChangedTopic,
  key: 'device',
  summary: 'A device went from one state of its life to another; without `from` it was created.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      from: Type.Optional(LifecycleState),
      to: LifecycleState,
      reason: Type.String({ maxLength: 512 }),
      actor: Type.String({ minLength: 1, maxLength: 256 }),
      at: Instant,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    from: 'active',
    to: 'quarantined',
    reason: 'reports from two places at once',
    actor: 'operator:alice',
    at: '2026-11-23T08:00:00.000Z',
    version: 4,
  },
  exampleKey: 'acme/sensor-17',
  consumers: [],
});
