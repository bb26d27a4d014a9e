import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { days, defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Instant, Tenant } from './shared.js';

export const operatorActionRecordedTopic = defineTopic({
  name: 'myelin.registry.operator-action-recorded.v1',
  owner: 'device-registry',
  ...eventTopicDefaults,
  cleanup: { kind: 'delete', retentionMs: days(365) },
  summary: 'The audit trail: what operators did in the registry.',
});

export const operatorActionRecordedV1 = defineEvent({
  name: 'operator-action-recorded',
  area: 'registry',
  version: 1,
  topic: operatorActionRecordedTopic,
  key: 'tenant',
  summary: 'An operator changed something. Carries who, what and on which entity; never secrets or bodies.',
  schema: Type.Object(
    {
      tenant: Tenant,
      actor: Type.String({ minLength: 1, maxLength: 256 }),
      /** `<entity>.<verb>`, e.g. `device.create`, `credential.revoke`. */
      action: Type.String({ pattern: '^[a-z-]+\\.[a-z-]+$' }),
      entity: Type.String({ minLength: 1, maxLength: 256 }),
      reason: Type.Optional(Type.String({ maxLength: 512 })),
      at: Instant,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    actor: 'operator:alice',
    action: 'credential.revoke',
    entity: 'sensor-17/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071',
    at: '2026-11-23T08:00:00.000Z',
  },
  exampleKey: 'acme',
  consumers: [],
});
