import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Tenant, Version } from '../registry/shared.js';

export const updateStateTopic = defineTopic({
  name: 'myelin.firmware.update-state.v1',
  owner: 'firmware-rollout',
  ...stateTopicDefaults,
  summary: 'What each device is told when it asks for updates.',
});

const Action = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const MinuteOfWeek = Type.Integer({ minimum: 0, maximum: 10_079 });

export const updateStateV1 = defineEvent({
  name: 'update-state',
  area: 'firmware',
  version: 1,
  topic: updateStateTopic,
  key: 'device',
  summary:
    'What one device is told when it asks for updates, by any process that serves devices. Of a device without one nothing is known ' +
    'but that its attributes are wanted.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      /** To install something, to stop with it, or nothing. */
      shown: Type.Union([Type.Literal('deployment'), Type.Literal('cancel'), Type.Literal('nothing')]),
      /** What the device knows it by; absent when nothing is shown. */
      action: Type.Optional(Action),
      /** Of a deployment: now, when the device likes to, or a download that nothing is installed of. */
      mode: Type.Optional(Type.Union([Type.Literal('forced'), Type.Literal('soft'), Type.Literal('download-only')])),
      /** Of one that is soft: when it is forced. */
      forcedFrom: Type.Optional(Instant),
      /** Of a deployment: when the device may install it, by the clocks of a place; absent = at any time. */
      windows: Type.Optional(
        Type.Object(
          {
            /** Minutes since Sunday 00:00, the last one not part of it. One that ends before it begins goes on into the next week. */
            weekly: Type.Array(
              Type.Object({ fromMinute: MinuteOfWeek, toMinute: MinuteOfWeek }, { additionalProperties: false }),
              { minItems: 1, maxItems: 64 },
            ),
            /** IANA name. */
            timeZone: Type.String({ minLength: 1, maxLength: 64 }),
          },
          { additionalProperties: false },
        ),
      ),
      /** Of a deployment with windows: the device has read the instruction, or has said that it works on it. Absent = neither. */
      begun: Type.Optional(Type.Union([Type.Literal('retrieved'), Type.Literal('reported')])),
      /** The action that succeeded last. */
      installed: Type.Optional(Action),
      /** An action that waits for the device to agree; nothing is shown meanwhile. */
      unconfirmed: Type.Optional(Action),
      wantsAttributes: Type.Boolean(),
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    shown: 'deployment',
    action: 4711,
    mode: 'soft',
    forcedFrom: '2026-11-30T08:00:00.000Z',
    installed: 4208,
    wantsAttributes: false,
    version: 12,
  },
  exampleKey: 'acme/sensor-17',
  headers: { 'myelin-version': 'the version, also on a tombstone' },
  consumers: [{ kind: 'table', service: 'firmware-rollout' }],
});
