import { type PayloadOf, defineEvent, defineTopic, eventTopicDefaults } from '@myelin/contracts';
import { Type } from '@sinclair/typebox';
import type { DoorOpenedV1 } from './door-opened.v1.js';

/** Another unit and other names: no reader of version 1 could take it, so it is a new version on a topic of its own. */
export const doorOpenedV2 = defineEvent({
  name: 'door-opened',
  area: 'sample',
  version: 2,
  topic: defineTopic({
    name: 'myelin.sample.door-opened.v2',
    owner: 'telemetry',
    ...eventTopicDefaults,
    summary: 'Doors that were opened.',
  }),
  key: 'device',
  summary: 'A door was opened and closed again.',
  schema: Type.Object(
    { openedAtMs: Type.Integer({ minimum: 0 }), durationMs: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false },
  ),
  example: { openedAtMs: 1_795_420_800_000, durationMs: 12_000 },
  exampleKey: 'acme/door-1',
  consumers: [],
});

export type DoorOpenedV2 = PayloadOf<typeof doorOpenedV2>;

/** For consumers: one handler for both versions. */
export function upcastDoorOpened({ openedAt, seconds }: DoorOpenedV1): DoorOpenedV2 {
  return { openedAtMs: Date.parse(openedAt), durationMs: seconds * 1_000 };
}

/** For the owner, who publishes both versions as long as version 1 has consumers. */
export function downcastDoorOpened({ openedAtMs, durationMs }: DoorOpenedV2): DoorOpenedV1 {
  return { openedAt: new Date(openedAtMs).toISOString(), seconds: Math.round(durationMs / 1_000) };
}
