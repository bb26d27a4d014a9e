import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, stateTopicDefaults } from '../definition/define-topic.js';
import { Instant, Version } from '../registry/shared.js';

export const gatewayLoadStateTopic = defineTopic({
  name: 'myelin.ingest.gateway-load-state.v1',
  owner: 'ingest-gateway',
  ...stateTopicDefaults,
  summary: 'Which gateways have more to do than they can.',
});

export const gatewayLoadStateV1 = defineEvent({
  name: 'gateway-load-state',
  area: 'ingest',
  version: 1,
  topic: gatewayLoadStateTopic,
  key: 'gateway-instance',
  summary:
    'Until when a gateway instance counts as overloaded: it has refused reports because more was waiting than it may hold. The word ' +
    'ends by itself; a gateway that goes on refusing says it again before it ends. Whoever reads takes the word for 10 minutes at most, ' +
    'so that one of a clock that is ahead ends as well.',
  schema: Type.Object(
    {
      gateway: Type.String({ minLength: 1, maxLength: 128 }),
      /** An instant that has passed: it is not. */
      overloadedUntil: Instant,
      /** When the gateway said so, in milliseconds since the epoch: the latest word of an instance counts. */
      version: Version,
    },
    { additionalProperties: false },
  ),
  example: { gateway: 'gateway-0', overloadedUntil: '2026-11-27T08:00:30.000Z', version: 1_795_766_400_000 },
  exampleKey: 'gateway-0',
  headers: { 'myelin-version': 'the version, also on a tombstone' },
  consumers: [
    { kind: 'group', group: 'firmware-rollout.follow-gateways', service: 'firmware-rollout', onPoison: 'park' },
  ],
});
