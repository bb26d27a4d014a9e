import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Tenant, Version } from '../registry/shared.js';

export const presenceStateTopic = defineTopic({
  name: 'myelin.ingest.presence-state.v1',
  owner: 'ingest-gateway',
  ...stateTopicDefaults,
  summary: 'Which devices have a session with a gateway. Devices that report by single requests are not in it.',
});

/** The device said goodbye; it was not heard in time; another session took its place; it may not connect any more; ours ended. */
const endReasons = ['client', 'keep-alive', 'taken-over', 'refused', 'gateway-stopped'] as const;

export const presenceStateV1 = defineEvent({
  name: 'presence-state',
  area: 'ingest',
  version: 1,
  topic: presenceStateTopic,
  key: 'device',
  summary:
    'The latest session of one device. Gateways write about their own sessions and not in one order: whoever reads keeps the ' +
    'state with the greatest version, so that the late end of a session cannot undo the beginning of a newer one. A tombstone ' +
    'when the device is removed.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      /** Of the session: one more than that of the session before, whichever gateway has it. */
      epoch: Type.Integer({ minimum: 1, maximum: 4_503_599_627_370_495 }),
      state: Type.Union([Type.Literal('connected'), Type.Literal('disconnected')]),
      /** Since when, by the gateway's clock. */
      since: Instant,
      /** The instance that has, or had, the session. */
      gateway: Type.String({ minLength: 1, maxLength: 128 }),
      /** Only of a session that has ended. */
      reason: Type.Optional(Type.Union(endReasons.map((reason) => Type.Literal(reason)))),
      /** 2 × epoch - 1 while it lasts, 2 × epoch when it has ended. */
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    epoch: 12,
    state: 'disconnected',
    since: '2026-11-23T08:00:00.000Z',
    gateway: 'gateway-0',
    reason: 'keep-alive',
    version: 24,
  },
  exampleKey: 'acme/sensor-17',
  headers: { 'myelin-version': 'the version, also on a tombstone' },
  consumers: [],
});
