import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Device, Instant, Tenant, Version } from '../registry/shared.js';

export const dataQualityMeasuredTopic = defineTopic({
  name: 'myelin.telemetry.data-quality-measured.v1',
  owner: 'telemetry',
  ...eventTopicDefaults,
  summary: 'How well devices report, hour by hour.',
});

const Count = Type.Integer({ minimum: 0 });
/** Receive time minus `ts`; negative when the device's clock is ahead. */
const Delay = Type.Number();

export const dataQualityMeasuredV1 = defineEvent({
  name: 'data-quality-measured',
  area: 'telemetry',
  version: 1,
  topic: dataQualityMeasuredTopic,
  key: 'device',
  summary:
    'The quality of what one device measured in one hour (UTC, by `ts`), once the hour is over; again, with a greater ' +
    '`version`, when late measurements or copies change it. An hour without any stored measurement has no event.',
  schema: Type.Object(
    {
      tenant: Tenant,
      device: Device,
      /** The device index: a device that was registered anew counts from version 1 again. */
      index: Type.Integer({ minimum: 0, maximum: 4_294_967_295 }),
      /** Start of the hour. */
      hour: Instant,
      version: Version,
      /** Stored measurements; what follows is about these. */
      count: Count,
      delayMs: Type.Object({ min: Delay, avg: Delay, max: Delay, p95: Delay }, { additionalProperties: false }),
      /** Received later than the profile allows. */
      late: Count,
      /** Copies of them. */
      duplicates: Count,
      /** Values that readers do not see, because another measurement of the same `ts` names the metric. */
      conflicts: Count,
      /** Measurements with a value outside of the profile's range. */
      outOfRange: Count,
      /** Reports that the profile's interval makes expect within an hour; absent when the profile is not known. */
      expected: Type.Optional(Count),
      /** How many different `ts` are fewer than `expected`. */
      missing: Type.Optional(Count),
    },
    { additionalProperties: false },
  ),
  example: {
    tenant: 'acme',
    device: 'sensor-17',
    index: 17,
    hour: '2026-11-23T08:00:00.000Z',
    version: 1,
    count: 58,
    delayMs: { min: 41, avg: 187.5, max: 4_210, p95: 612 },
    late: 0,
    duplicates: 1,
    conflicts: 0,
    outOfRange: 0,
    expected: 60,
    missing: 2,
  },
  exampleKey: 'acme/sensor-17',
  consumers: [{ kind: 'group', group: 'alerting.evaluate-data-quality', service: 'alerting', onPoison: 'park' }],
});
