import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Tenant, Version } from './shared.js';

export const traceRequestStateTopic = defineTopic({
  name: 'myelin.registry.trace-request-state.v1',
  owner: 'device-registry',
  ...stateTopicDefaults,
  summary: 'Devices whose every report an operator wants traced for some minutes.',
});

export const traceRequestStateV1 = defineEvent({
  name: 'trace-request-state',
  area: 'registry',
  version: 1,
  topic: traceRequestStateTopic,
  key: 'device',
  summary:
    'One device that is followed: until an instant every request of it is traced, whatever share of the others is. Nothing is ' +
    'published when that instant passes: readers have clocks. A tombstone when it is cancelled, or some time after its end.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      /** At most an hour after the request. */
      until: Instant,
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: { tenant: 'acme', device: 'pump-7', until: '2026-11-28T06:10:00.000Z', version: 1 },
  exampleKey: 'acme/pump-7',
  headers: { 'myelin-version': "the request's version, also on a tombstone" },
  consumers: [
    { kind: 'table', service: 'ingest-gateway' },
    { kind: 'table', service: 'firmware-rollout' },
  ],
});
