import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EncodedRecord, type StreamPublisher, createKafkaAdmin, topicPlans } from '../src/index.js';
import { createStreamPublisher } from '../src/streams.js';
import { KafkaJsPartitionReader } from '../src/client/kafkajs/kafkajs-partition-reader.js';
import { readWholePartition } from '../src/dead-letters/dead-letter-topic.js';
import { brokers, quietLogger, randomNamespace, until } from './fixtures/broker.js';
import { note, notedEvent } from './fixtures/noted-event.js';

const settings = { brokers, clientId: 'stream-test', namespace: randomNamespace() };
const admin = createKafkaAdmin(settings);
const open: StreamPublisher[] = [];

afterAll(async () => {
  await Promise.all(open.map((publisher) => publisher.close()));
  await admin.deleteTopics(await admin.listTopics());
  await admin.close();
});

describe.each(['kafkajs', 'platformatic'] as const)('a stream publisher on %s', (engine) => {
  const contract = notedEvent(`stream-${engine}`, {}, 3);
  const topic = contract.topic.name;
  const [plan] = topicPlans([contract]);

  beforeAll(async () => {
    await admin.ensureTopics([plan!], { replicationFactor: 1 });
  });

  async function publisher(options: object = {}): Promise<StreamPublisher> {
    const made = createStreamPublisher(settings, { engine, ...options }, quietLogger);
    open.push(made);
    await made.connect();
    return made;
  }

  const append = (to: StreamPublisher, record: EncodedRecord): Promise<void> =>
    new Promise((resolve, reject) => {
      if (!to.append(record, (error) => (error ? reject(error) : resolve()))) reject(new Error('not taken'));
    });

  test('writes key, value, headers, timestamp, tombstones and the chosen partition as they were given', async () => {
    const to = await publisher();
    const key = Buffer.from([1, 2, 255]);
    const headers = { text: 'grüße', bytes: Buffer.from([0, 200]) };
    await append(to, { topic, key, value: Buffer.from('body'), headers, timestampMs: 1_700_000_000_123, partition: 2 });
    await append(to, { topic, key: 'gone', value: null, headers: {}, partition: 2 });
    const reader = new KafkaJsPartitionReader(settings, quietLogger);
    const [first, second] = await readWholePartition(reader, `${settings.namespace}.${topic}`, 2);
    await reader.close();
    expect(first).toMatchObject({ key, value: Buffer.from('body'), timestampMs: 1_700_000_000_123 });
    expect(first?.headers).toEqual({ text: Buffer.from('grüße'), bytes: Buffer.from([0, 200]) });
    expect(second).toMatchObject({ key: Buffer.from('gone'), value: null });
  });

  test('keeps timestamps that are months apart within one batch', async () => {
    const to = await publisher({ lingerMs: 50 });
    const times = [1_760_000_000_000, 1_750_000_000_000, 1_752_147_483_648, 1_755_000_000_000];
    const records = times.map((timestampMs) => ({ ...note(contract, 1), timestampMs, partition: 1 }));
    await Promise.all(records.map((record) => append(to, record)));
    const reader = new KafkaJsPartitionReader(settings, quietLogger);
    const written = await readWholePartition(reader, `${settings.namespace}.${topic}`, 1);
    await reader.close();
    expect(written.map(({ timestampMs }) => timestampMs)).toEqual(times);
  });

  test('knows the number of partitions, and refuses topics and partitions that do not exist', async () => {
    const to = await publisher();
    expect(to.partitionCount(topic)).toBe(3);
    expect(() => to.partitionCount('nobody.made.this')).toThrow(expect.objectContaining({ code: 'messaging.refused' }));
    const record = { ...note(contract, 1), partition: 3 };
    expect(() => to.append(record, () => undefined)).toThrow(expect.objectContaining({ code: 'messaging.refused' }));
    expect(to.health.queuedRecords).toBe(0);
  });

  test('takes no more than its queue holds, and takes again when it has drained', async () => {
    const to = await publisher({ maxQueuedRecords: 10, lingerMs: 50 });
    let settled = 0;
    const taken = Array.from({ length: 15 }, (_, number) => to.append(note(contract, number), () => (settled += 1)));
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(to.health).toMatchObject({ state: 'full', queuedRecords: 10 });
    await until(() => settled === 10, 'the queue drains');
    expect(to.health).toEqual({ state: 'ready', queuedBytes: 0, queuedRecords: 0 });
    expect(to.append(note(contract, 16), () => undefined)).toBe(true);
  });

  test('fails only the record that the broker refuses, and calls those of one request back together', async () => {
    const to = await publisher({ maxBatchBytes: 4 * 1024 * 1024 });
    const outcomes: string[] = [];
    const inOneTurn: number[] = [];
    let turn = 0;
    const record = (number: number, bytes: number) => ({
      ...note(contract, number),
      partition: 0,
      value: Buffer.alloc(bytes),
    });
    for (const [number, bytes] of [10, 10, 2_000_000, 10].entries()) {
      to.append(record(number, bytes), (error) => {
        outcomes[number] = error?.code ?? 'written';
        inOneTurn[number] = turn;
        setImmediate(() => (turn += 1));
      });
    }
    await to.flush(10_000);
    expect(outcomes).toEqual(['written', 'written', 'messaging.refused', 'written']);
    expect(inOneTurn[0]).toBe(inOneTurn[1]);
  });

  test('settles everything on close, and takes nothing after it', async () => {
    const to = await publisher({ lingerMs: 1_000 });
    let settled = 0;
    for (let number = 0; number < 100; number++)
      to.append(note(contract, number), (error) => (settled += error ? 0 : 1));
    await to.close();
    expect(settled).toBe(100);
    expect(to.append(note(contract, 1), () => undefined)).toBe(false);
    expect(to.health.state).toBe('closed');
  });
});

test('a publisher whose broker never was there is away and takes nothing', async () => {
  const nowhere = { brokers: ['127.0.0.1:1'], clientId: 'nowhere', requestTimeoutMs: 300 };
  const to = createStreamPublisher(nowhere, {}, quietLogger);
  await expect(to.connect()).rejects.toMatchObject({ code: 'messaging.unavailable', retryable: true });
  expect(to.health.state).toBe('away');
  await to.close();
});
