import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Tenant, TimeZone, Version } from './shared.js';

export const tenantStateTopic = defineTopic({
  name: 'myelin.registry.tenant-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'Who the tenants are and what they may use.',
});

export const tenantStateV1 = defineEvent({
  name: 'tenant-state',
  area: 'registry',
  version: 1,
  topic: tenantStateTopic,
  key: 'tenant',
  summary: 'The complete current state of one tenant; a tombstone when it is deleted.',
  schema: Type.Object(
    {
      tenant: Tenant,
      displayName: Type.String({ minLength: 1, maxLength: 128 }),
      timeZone: TimeZone,
      limits: Type.Object(
        {
          maxDevices: Type.Integer({ minimum: 0 }),
          /** Sustained; a burst of twice as much is let through. */
          messagesPerSecond: Type.Number({ exclusiveMinimum: 0 }),
          messagesPerSecondPerDevice: Type.Number({ exclusiveMinimum: 0 }),
        },
        { additionalProperties: false },
      ),
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    displayName: 'Acme Works',
    timeZone: 'Europe/Berlin',
    limits: { maxDevices: 100_000, messagesPerSecond: 5_000, messagesPerSecondPerDevice: 50 },
    version: 1,
  },
  exampleKey: 'acme',
  headers: { 'myelin-version': "the entity's version, also on a tombstone" },
  consumers: [
    { kind: 'table', service: 'ingest-gateway' },
    { kind: 'table', service: 'alerting' },
    { kind: 'table', service: 'firmware-rollout' },
  ],
});
