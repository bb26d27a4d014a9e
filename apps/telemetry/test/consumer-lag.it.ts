import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { consumerLagNearedRetentionV1, telemetryTopic } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type RecordPublisher, createRecordPublisher } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { type DatabaseFixture, type KafkaFixture, useDatabase, useKafka } from '@myelin/testing';
import { WatchConsumerLagHandler } from '../src/features/watch-consumer-lag/watch-consumer-lag.handler.js';
import { entities } from '../src/persistence/entities.js';
import { migrations } from '../src/persistence/migrations/index.js';

const group = 'telemetry.store-measurements';
const dayMs = 86_400_000;

let kafka: KafkaFixture;
let database: DatabaseFixture;
let publisher: RecordPublisher;

beforeAll(async () => {
  kafka = useKafka();
  await kafka.ensureTopics([telemetryTopic], { partitions: 2 });
  database = await useDatabase({ service: 'telemetry', migrations, entities });
  publisher = createRecordPublisher(kafka.settings, silentLogger);
  await publisher.connect();
}, 60_000);
afterAll(async () => {
  await publisher.close();
  await database.dispose();
  await kafka.dispose();
}, 60_000);

const handler = (errors: string[] = []): WatchConsumerLagHandler => {
  const logger = Object.assign(Object.create(silentLogger) as typeof silentLogger, {
    error: (_details: unknown, message: string) => errors.push(message),
  });
  const { dataSource } = database;
  const events = [
    { topic: telemetryTopic, consumers: [{ kind: 'group', group, service: 'telemetry', onPoison: 'park' }] },
  ];
  const base = { dataSource, admin: kafka.admin, clock: systemClock, logger, topic: telemetryTopic };
  return new WatchConsumerLagHandler({ ...base, events: events as never, share: 0.8 });
};

const write = (partition: number, ageMs: number): Promise<void> => {
  const timestampMs = Date.now() - ageMs;
  return publisher.send([
    { topic: telemetryTopic.name, key: 'k', value: Buffer.from('{}'), headers: {}, partition, timestampMs },
  ]);
};

const published = async (): Promise<{ near: boolean; partitions: number[] }[]> => {
  const rows = await database.dataSource.query<{ key: Buffer; value: Buffer }[]>(
    'SELECT key, value FROM outbox ORDER BY seq',
  );
  return rows.map(({ key, value }) => {
    expect(key.toString()).toBe(group);
    const outcome = consumerLagNearedRetentionV1.strict(JSON.parse(value.toString()));
    if (!outcome.ok) throw new Error(outcome.faults[0]?.message);
    return { near: outcome.value.near, partitions: outcome.value.partitions };
  });
};

test('a group whose unread records are nearly as old as the topic keeps them is told of once per change', async () => {
  const errors: string[] = [];
  const watch = handler(errors);
  await watch.run();
  expect(await published()).toEqual([]);
  await write(0, 5 * dayMs);
  await write(1, 6 * dayMs);
  await write(1, 5 * dayMs);
  // Two instances notice it at the same time.
  await Promise.all([watch.run(), handler(errors).run(), watch.run()]);
  const alarm = { near: true, partitions: [1] };
  expect(await published()).toEqual([alarm]);
  expect(errors).toHaveLength(1);
  await kafka.admin.setGroupOffsets(group, telemetryTopic.name, new Map([[0, 0n]]));
  await handler(errors).run();
  expect(await published()).toEqual([alarm]);

  await kafka.admin.setGroupOffsets(group, telemetryTopic.name, new Map([[1, 1n]]));
  await watch.run();
  await watch.run();
  expect(await published()).toEqual([alarm, { near: false, partitions: [] }]);
  expect(errors).toHaveLength(1);
}, 60_000);
