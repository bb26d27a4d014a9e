import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { telemetryTopic } from './telemetry.topic.js';

/** Each gateway writes one into every telemetry partition each half second: silence is then a fact, not a guess. */
export const gatewayTickedV1 = defineEvent({
  name: 'gateway-ticked',
  area: 'telemetry',
  version: 1,
  topic: telemetryTopic,
  key: 'gateway-instance',
  summary:
    'Everything that this gateway instance acknowledged before `atMs` stands before this record in its partition. ' +
    'Watermarks, idle partitions and outages are read from ticks.',
  schema: Type.Object(
    { instance: Type.String({ minLength: 1, maxLength: 128 }), atMs: Type.Integer({ minimum: 0 }) },
    { additionalProperties: false },
  ),
  example: { instance: 'gateway-0', atMs: 1_795_420_800_000 },
  exampleKey: 'gateway-0',
  consumers: [
    { kind: 'group', group: 'telemetry.store-measurements', service: 'telemetry', onPoison: 'park' },
    { kind: 'group', group: 'alerting.evaluate-measurements', service: 'alerting', onPoison: 'park' },
  ],
});
