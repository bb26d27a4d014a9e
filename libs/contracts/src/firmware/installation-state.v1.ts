import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { uuidPattern } from '../definition/record-key.js';
import { Device, Instant, Tenant, Version } from '../registry/shared.js';

export const installationStateTopic = defineTopic({
  name: 'myelin.firmware.installation-state.v1',
  owner: 'firmware-rollout',
  ...stateTopicDefaults,
  summary: 'The latest installation of firmware on every device.',
});

export const installationStateV1 = defineEvent({
  name: 'installation-state',
  area: 'firmware',
  version: 1,
  topic: installationStateTopic,
  key: 'device',
  summary:
    'The latest installation of firmware on one device. While it is `installing`, and until `expectedUntil` at the latest, nobody ' +
    'expects to hear of the device. A tombstone when the device is removed.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      installation: Type.String({ pattern: uuidPattern }),
      firmware: Type.String({ minLength: 1, maxLength: 128 }),
      state: Type.Union([Type.Literal('installing'), Type.Literal('installed'), Type.Literal('failed')]),
      startedAt: Instant,
      /** When the device should be back by, restarts included. */
      expectedUntil: Instant,
      /** Absent while it lasts. */
      endedAt: Type.Optional(Instant),
      /** Grows with every change, over one installation to the next as well. */
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    installation: '5b0c1f0e-7d52-8a51-9a34-6f0f54c2a9d1',
    firmware: 'thermometer-2.4.1',
    state: 'installing',
    startedAt: '2026-11-23T08:00:00.000Z',
    expectedUntil: '2026-11-23T08:15:00.000Z',
    version: 7,
  },
  exampleKey: 'acme/sensor-17',
  headers: { 'myelin-version': 'the version, also on a tombstone' },
  consumers: [{ kind: 'table', service: 'alerting' }],
});
