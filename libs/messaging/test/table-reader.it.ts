import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deviceStateV1, siteStateV1, type PayloadOf } from '@myelin/contracts';
import {
  createKafkaAdmin,
  createRecordPublisher,
  createTableReader,
  encodeEvent,
  topicPlans,
  type KafkaSettings,
  type RecordPublisher,
  type TableReader,
} from '../src/index.js';
import { brokers, quietLogger, randomNamespace, until } from './fixtures/broker.js';

type DeviceState = PayloadOf<typeof deviceStateV1>;
const topic = deviceStateV1.topic.name;

let settings: KafkaSettings;
let publisher: RecordPublisher;
const readers: TableReader[] = [];
const used: KafkaSettings[] = [];

beforeEach(async () => {
  settings = { brokers, clientId: 'table-test', namespace: randomNamespace() };
  used.push(settings);
  const admin = createKafkaAdmin(settings);
  await admin.ensureTopics(topicPlans([deviceStateV1]), { replicationFactor: 1 });
  await admin.close();
  publisher = createRecordPublisher(settings, quietLogger);
  await publisher.connect();
});

afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
  await publisher.close();
});

afterAll(async () => {
  for (const past of used) {
    const admin = createKafkaAdmin(past);
    await admin.deleteTopics(await admin.listTopics());
    await admin.close();
  }
});

function state(device: string, version: number): DeviceState {
  return { ...deviceStateV1.example, tenant: 'acme', device, version };
}

/** Kafka deletes records by offset only where retention deletes too. */
async function makeDeletable(): Promise<void> {
  const admin = createKafkaAdmin(settings);
  const [plan] = topicPlans([deviceStateV1]);
  await admin.deleteTopics([topic]);
  await admin.ensureTopics([{ ...plan!, config: { 'cleanup.policy': 'compact,delete' } }], { replicationFactor: 1 });
  await admin.close();
}

const record = (device: string, version: number, gone = false) =>
  encodeEvent(
    { contract: deviceStateV1, key: `acme/${device}`, payload: gone ? null : state(device, version), version },
    '/test',
  );

function table(): { reader: TableReader; rows: Map<string, number>; calls: () => number } {
  const rows = new Map<string, number>();
  let calls = 0;
  const reader = createTableReader(
    settings,
    {
      contract: deviceStateV1,
      onRecord: (key, payload, version) => {
        calls += 1;
        if (payload === null) rows.delete(key);
        else rows.set(key, version);
      },
    },
    quietLogger,
  );
  readers.push(reader);
  return { reader, rows, calls: () => calls };
}

describe('a table reader', () => {
  test('is caught up only when everything that was there at start was handed over', async () => {
    await publisher.send(Array.from({ length: 2_000 }, (_, index) => record(`d${index}`, 1)));
    const { reader, rows } = table();
    await reader.start();
    expect(reader.caughtUp).toBe(true);
    expect(rows.size).toBe(2_000);
  });

  test('is caught up at once on an empty topic', async () => {
    const { reader } = table();
    await reader.start();
    expect(reader.stats.records).toBe(0);
  });

  test('keeps to the newest version of a key, whatever comes later, tombstones included', async () => {
    await publisher.send([record('a', 3), record('a', 2), record('b', 1), record('b', 2, true), record('b', 1)]);
    const { reader, rows } = table();
    await reader.start();
    expect(rows).toEqual(new Map([['acme/a', 3]]));
    expect(reader.stats.stale).toBe(2);
  });

  test('hands over a change far within two seconds', async () => {
    const { reader, rows } = table();
    await reader.start();
    const delaysMs: number[] = [];
    for (let version = 1; version <= 20; version++) {
      const sentAtMs = performance.now();
      await publisher.send([record('a', version)]);
      await until(() => rows.get('acme/a') === version, 'the change arrives');
      delaysMs.push(performance.now() - sentAtMs);
    }
    expect(Math.max(...delaysMs)).toBeLessThan(1_000);
  });

  test('leaves out what it cannot decode, counts it, and goes on', async () => {
    const good = record('a', 1);
    await publisher.send([{ ...good, key: 'acme/a', value: Buffer.from('{') }, record('a', 2)]);
    const { reader, rows } = table();
    await reader.start();
    expect(rows).toEqual(new Map([['acme/a', 2]]));
    expect(reader.stats.invalid).toBe(1);
  });

  test('starts over where its position has been deleted', async () => {
    await makeDeletable();
    await publisher.send(Array.from({ length: 100 }, (_, index) => record('a', index + 1)));
    const { reader, rows } = table();
    await reader.start();
    const admin = createKafkaAdmin(settings);
    const ends = [...(await admin.topicOffsets(topic))].filter(([, { high }]) => high > 0n);
    await publisher.send([record('a', 101)]);
    await admin.deleteRecords(topic, new Map(ends.map(([partition, { high }]) => [partition, high])));
    await publisher.send([record('a', 102)]);
    await until(() => rows.get('acme/a') === 102, 'the newest version arrives');
    await admin.close();
  });

  test('waits for a topic that does not exist yet', async () => {
    const later = createTableReader(settings, { contract: siteStateV1, onRecord: () => undefined }, quietLogger);
    readers.push(later);
    const started = later.start();
    const admin = createKafkaAdmin(settings);
    await admin.ensureTopics(topicPlans([siteStateV1]), { replicationFactor: 1 });
    await admin.close();
    await started;
  });
});
