import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Instant, Slug, Tenant, Version } from '../registry/shared.js';

export const rolloutChangedTopic = defineTopic({
  name: 'myelin.firmware.rollout-changed.v1',
  owner: 'firmware-rollout',
  ...eventTopicDefaults,
  summary: 'Everything that happens to rollouts of firmware.',
});

const rolloutStates = [
  ...['draft', 'waiting-for-approval', 'running', 'paused', 'aborting', 'aborted', 'succeeded'],
] as const;
const State = Type.Union(rolloutStates.map((state) => Type.Literal(state)));
const Word = Type.String({ pattern: '^[a-z]+(-[a-z]+)*$', maxLength: 64 });

export const rolloutChangedV1 = defineEvent({
  name: 'rollout-changed',
  area: 'firmware',
  version: 1,
  topic: rolloutChangedTopic,
  key: 'rollout',
  summary:
    'One change of a rollout, as its history has it. What becomes of its devices is told by `assignment-changed`.',
  schema: Type.Object(
    {
      tenant: Tenant,
      rollout: Slug,
      release: Slug,
      /** Of the rollout, after the change; without gaps from 2 on. */
      version: Version,
      /** What happened, e.g. `start`, `start-wave`, `pause`. */
      kind: Word,
      from: State,
      to: State,
      /** From 0 on; absent when no wave changed. */
      wave: Type.Optional(Type.Integer({ minimum: 0 })),
      /** Why it was paused or aborted. */
      reason: Type.Optional(Word),
      detail: Type.Optional(Type.String({ maxLength: 1_024 })),
      /** Absent when no person did it. */
      actor: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      at: Instant,
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    rollout: 'thermometers-2.4',
    release: 'thermometer-2.4.1',
    version: 4,
    kind: 'pause',
    from: 'running',
    to: 'paused',
    reason: 'failures',
    detail: '3 of 5 devices have failed: more than a share of 0.2',
    at: '2026-11-27T08:07:12.000Z',
  },
  exampleKey: 'acme/thermometers-2.4',
  consumers: [],
});
