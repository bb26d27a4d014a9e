import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EncodedRecord, createRecordPublisher, encodeEvent, type RecordPublisher } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { uuidv7 } from '@myelin/kernel';
import { testKafka, waitFor } from '@myelin/testing';
import { Kafka, logLevel } from 'kafkajs';
import { doorOpenedV1 } from '../src/versioning/door-opened.v1.js';
import {
  type DoorOpenedV2,
  doorOpenedV2,
  downcastDoorOpened,
  upcastDoorOpened,
} from '../src/versioning/door-opened.v2.js';
import { readDoors } from '../src/versioning/door-reader.js';

// The topics of the example have fixed names, and nobody else knows them.
const { brokers } = testKafka();
const kafka = new Kafka({ clientId: 'doors', brokers: [...brokers], logLevel: logLevel.NOTHING });
const run = uuidv7().slice(-8);
let publisher: RecordPublisher;

beforeAll(async () => {
  const admin = kafka.admin();
  await admin.connect();
  const topics = [doorOpenedV1, doorOpenedV2].map(({ topic }) => ({ topic: topic.name, numPartitions: 2 }));
  await admin.createTopics({ topics });
  await admin.disconnect();
  publisher = createRecordPublisher({ brokers, clientId: 'doors-owner' }, silentLogger);
  await publisher.connect();
}, 60_000);

afterAll(async () => {
  await publisher?.close();
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [doorOpenedV1.topic.name, doorOpenedV2.topic.name] });
  await admin.deleteGroups([`${run}.doors`, `${run}.doors-v2`]);
  await admin.disconnect();
});

/** What the owner writes into its outbox in one transaction: both versions with one id. */
function bothVersions(event: DoorOpenedV2, id: string): EncodedRecord[] {
  const common = { key: 'acme/door-1', id };
  return [
    encodeEvent({ ...common, contract: doorOpenedV1, payload: downcastDoorOpened(event) }, '/doors'),
    encodeEvent({ ...common, contract: doorOpenedV2, payload: event }, '/doors'),
  ];
}

test('a consumer moves from version 1 to version 2 while both are published: nothing is missed, nothing counts twice', async () => {
  const published = Array.from({ length: 30 }, (_, index) => ({
    id: uuidv7(),
    event: { openedAtMs: 1_795_420_800_000 + index, durationMs: index * 1_000 },
  }));
  const seen = new Map<string, DoorOpenedV2>();
  const onDoorOpened = (id: string, event: DoorOpenedV2): void => void seen.set(id, event);
  const publish = (part: typeof published): Promise<void> =>
    publisher.send(part.flatMap(({ id, event }) => bothVersions(event, id)));

  await publish(published.slice(0, 10));
  const before = await readDoors(kafka, 1, `${run}.doors`, onDoorOpened);
  await waitFor(() => seen.size >= 10, { timeoutMs: 30_000, what: 'the first ten by version 1' });
  await publish(published.slice(10, 20));
  await before.disconnect();
  const after = await readDoors(kafka, 2, `${run}.doors-v2`, onDoorOpened);
  await publish(published.slice(20));
  await waitFor(() => seen.size >= 30, { timeoutMs: 30_000, what: 'the rest by version 2' });
  await after.disconnect();

  expect([...seen.entries()].sort(([, a], [, b]) => a.openedAtMs - b.openedAtMs)).toEqual(
    published.map(({ id, event }) => [`/doors ${id}`, event]),
  );
}, 90_000);

test('what is cast down and up again is the same event', () => {
  expect(upcastDoorOpened(downcastDoorOpened(doorOpenedV2.example))).toEqual(doorOpenedV2.example);
});
