import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { DeviceScope, Instant, Slug, Tenant, Version } from './shared.js';

export const maintenanceWindowStateTopic = defineTopic({
  name: 'myelin.registry.maintenance-window-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'When devices are worked on: they may be silent then.',
});

export const maintenanceWindowStateV1 = defineEvent({
  name: 'maintenance-window-state',
  area: 'registry',
  version: 1,
  topic: maintenanceWindowStateTopic,
  key: 'maintenance-window',
  summary:
    'One maintenance window, which may lie ahead: from its beginning to its end nobody expects to hear of the devices within its ' +
    'scope. A tombstone when it is cancelled, or long over.',
  schema: Type.Object(
    {
      tenant: Tenant,
      window: Slug,
      scope: DeviceScope,
      from: Instant,
      /** Not before `from`. */
      until: Instant,
      reason: Type.String({ maxLength: 512 }),
      actor: Type.String({ minLength: 1, maxLength: 256 }),
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    window: 'plant-1-power',
    scope: { sites: ['plant-1'] },
    from: '2026-11-28T06:00:00.000Z',
    until: '2026-11-28T10:00:00.000Z',
    reason: 'the transformer is replaced',
    actor: 'operator:alice',
    version: 1,
  },
  exampleKey: 'acme/plant-1-power',
  headers: { 'myelin-version': "the window's version, also on a tombstone" },
  consumers: [{ kind: 'table', service: 'alerting' }],
});
