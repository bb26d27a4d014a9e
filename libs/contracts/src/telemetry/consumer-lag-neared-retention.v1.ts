import { Type } from '@sinclair/typebox';
import { defineEvent } from '../definition/define-event.js';
import { defineTopic, eventTopicDefaults } from '../definition/define-topic.js';
import { Instant } from '../registry/shared.js';

export const consumerLagNearedRetentionTopic = defineTopic({
  name: 'myelin.telemetry.consumer-lag-neared-retention.v1',
  owner: 'telemetry',
  ...eventTopicDefaults,
  summary: 'Which consumer groups of measurements are about to lose what they have not read.',
});

/** What is evaluated only lives on the topic alone: a group that lags for as long as the topic keeps it loses it. */
export const consumerLagNearedRetentionV1 = defineEvent({
  name: 'consumer-lag-neared-retention',
  area: 'telemetry',
  version: 1,
  topic: consumerLagNearedRetentionTopic,
  key: 'group',
  summary:
    'A consumer group that a contract declares has unread measurements that are nearly as old as the topic keeps them, ' +
    'or (`near` = false) has none any more. Once per change.',
  schema: Type.Object(
    {
      topic: Type.String({ minLength: 1, maxLength: 249 }),
      group: Type.String({ minLength: 1, maxLength: 249 }),
      near: Type.Boolean(),
      /** Where the unread records are; empty when `near` is false. */
      partitions: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 10_000 }),
      retentionMs: Type.Integer({ minimum: 1 }),
      /** Records unread for longer than this are near the end. */
      thresholdMs: Type.Integer({ minimum: 1 }),
      at: Instant,
    },
    { additionalProperties: false },
  ),
  example: {
    topic: 'myelin.telemetry.measurement-reported.v1',
    group: 'telemetry.store-measurements',
    near: true,
    partitions: [3, 17],
    retentionMs: 604_800_000,
    thresholdMs: 483_840_000,
    at: '2026-11-23T08:00:00.000Z',
  },
  exampleKey: 'telemetry.store-measurements',
  consumers: [],
});
