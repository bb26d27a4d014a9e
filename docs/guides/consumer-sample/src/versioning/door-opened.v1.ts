import { type PayloadOf, defineEvent, defineTopic, eventTopicDefaults } from '@myelin/contracts';
import { Type } from '@sinclair/typebox';

export const doorOpenedV1 = defineEvent({
  name: 'door-opened',
  area: 'sample',
  version: 1,
  topic: defineTopic({
    name: 'myelin.sample.door-opened.v1',
    owner: 'telemetry',
    ...eventTopicDefaults,
    summary: 'Doors that were opened.',
  }),
  key: 'device',
  summary: 'A door was opened and closed again.',
  schema: Type.Object(
    { openedAt: Type.String({ format: 'date-time' }), seconds: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false },
  ),
  example: { openedAt: '2026-11-23T08:00:00.000Z', seconds: 12 },
  exampleKey: 'acme/door-1',
  consumers: [],
  deprecated: { successor: 'io.myelin.sample.door-opened.v2', endsOn: '2027-03-01' },
});

export type DoorOpenedV1 = PayloadOf<typeof doorOpenedV1>;
