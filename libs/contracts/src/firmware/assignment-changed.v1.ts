import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Slug, Tenant, Version } from '../registry/shared.js';

export const assignmentChangedTopic = defineTopic({
  name: 'myelin.firmware.assignment-changed.v1',
  owner: 'firmware-rollout',
  ...eventTopicDefaults,
  summary: 'Everything that happens to the assignments of devices to rollouts.',
});

const assignmentStates = [
  ...['planned', 'offered', 'retrieved', 'downloading', 'downloaded', 'installing', 'cancelling'],
  ...['succeeded', 'failed', 'cancelled', 'skipped'],
] as const;
const State = Type.Union(assignmentStates.map((state) => Type.Literal(state)));
const Word = Type.String({ pattern: '^[a-z]+(-[a-z]+)*$', maxLength: 64 });

export const assignmentChangedV1 = defineEvent({
  name: 'assignment-changed',
  area: 'firmware',
  version: 1,
  topic: assignmentChangedTopic,
  key: 'device',
  summary:
    "One change of an assignment, which is a rollout's firmware for one device, as its history has it. The changes of an assignment " +
    'have the versions from 2 on, without gaps; with version 1 it is planned, or left out by the plan, which is not told; ' +
    'of a device that joins later it is: `join`, version 2.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      rollout: Slug,
      /** From 0 on. */
      wave: Type.Integer({ minimum: 0 }),
      /** From 1 on. */
      attempt: Type.Integer({ minimum: 1 }),
      /** What the device knows the attempt by; absent before it is offered. */
      action: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      /** Of the assignment, after the change. */
      version: Version,
      /** What happened, e.g. `join`, `offer`, `report`, `cancel`, `time-out`. */
      kind: Word,
      /** What the device said, where it said something. */
      report: Type.Optional(Word),
      from: State,
      to: State,
      /** Why it is so, after the change. */
      reason: Type.Optional(Word),
      /** Absent when no person did it. */
      actor: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      /** After the change it is offered, and waits for the device to agree; before it nothing else is expected of the device. */
      unconfirmed: Type.Optional(Type.Boolean()),
      at: Instant,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    rollout: 'thermometers-2.4',
    wave: 1,
    attempt: 1,
    action: 4711,
    version: 6,
    kind: 'report',
    report: 'failed',
    from: 'installing',
    to: 'failed',
    reason: 'reported',
    at: '2026-11-27T08:07:12.000Z',
  },
  exampleKey: 'acme/sensor-17',
  consumers: [],
});
