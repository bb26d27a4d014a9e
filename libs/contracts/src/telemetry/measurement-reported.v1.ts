import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { mapOf } from '../definition/map-of.js';
import { telemetryTopic } from './telemetry.topic.js';

export const maxMeasurementsPerReport = 1_000;
export const maxValuesPerMeasurement = 256;
export const maxArraySamples = 4_096;
export const maxTextLength = 1_024;
export const metricNamePattern = '^[A-Za-z0-9_][A-Za-z0-9._:/-]{0,127}$';
/** Identifies one run of a device between two starts. */
export const bootIdPattern = '^[A-Za-z0-9._:-]{1,64}$';

/** The whole body of a position; `alt` in metres above the WGS 84 ellipsoid, `acc` in metres. */
const Position = Type.Object(
  {
    lat: Type.Number({ minimum: -90, maximum: 90 }),
    lon: Type.Number({ minimum: -180, maximum: 180 }),
    alt: Type.Optional(Type.Number()),
    acc: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { additionalProperties: false },
);

const Value = Type.Union([
  Type.Number(),
  Type.Boolean(),
  Type.String({ maxLength: maxTextLength }),
  Type.Array(Type.Number(), { minItems: 1, maxItems: maxArraySamples }),
  Position,
]);

const Values = mapOf(metricNamePattern, Value, { minProperties: 1, maxProperties: maxValuesPerMeasurement });

const timestamp = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });

/** `seq` needs `boot` and `ts`: without them it could not tell one message from another. */
export const Measurement = Type.Object(
  {
    ts: Type.Optional(timestamp),
    boot: Type.Optional(Type.String({ pattern: bootIdPattern })),
    seq: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    values: Values,
  },
  { additionalProperties: false, dependentRequired: { seq: ['boot', 'ts'] } },
);

/** One device's report: its record value is the device's own canonical body, byte for byte. */
export const measurementReportedV1 = defineEvent({
  name: 'measurement-reported',
  area: 'telemetry',
  version: 1,
  topic: telemetryTopic,
  key: 'device',
  summary:
    "One device's report: one measurement or an array of them. `ts` is device time in milliseconds since the epoch; " +
    'the record timestamp is the receive time. Without `ts` the receive time is taken and no promise about duplicates is made.',
  schema: Type.Union([Measurement, Type.Array(Measurement, { minItems: 1, maxItems: maxMeasurementsPerReport })]),
  example: [{ ts: 1_795_420_800_000, boot: 'b7f3', seq: 17, values: { temperature: 21.5, door: true } }],
  exampleKey: 'acme/sensor-17',
  headers: {
    'myelin-device-index': "the device's dense uint32 index, in decimal",
    'myelin-retention-class':
      'what the profile says of storage: its retention class (short, standard, long), else summary or evaluate-only',
    'myelin-profile': "the device's profile id",
    'myelin-out-of-range':
      'optional; comma-separated `<index in the batch>:<metric>` of values outside the range that the profile states',
  },
  consumers: [
    { kind: 'group', group: 'telemetry.store-measurements', service: 'telemetry', onPoison: 'park' },
    { kind: 'group', group: 'alerting.evaluate-measurements', service: 'alerting', onPoison: 'park' },
  ],
});
