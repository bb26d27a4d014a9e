import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Kafka, startKafka } from '@myelin/local-stack';
import {
  type KafkaSettings,
  type StreamPublisher,
  createKafkaAdmin,
  createTableReader,
  encodeEvent,
  topicPlans,
} from '@myelin/messaging';
import { createStreamPublisher } from '@myelin/messaging/streams';
import { waitFor } from '@myelin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { consumeBatches, note, notedEvent, quietLogger, readAll, recordedMessages } from '../src/index.js';

/** Three brokers of its own; a broker that does not answer is given up after 6 seconds. */
let kafka: Kafka;
let settings: KafkaSettings;

beforeAll(async () => {
  kafka = await startKafka({
    nodes: 3,
    heapMb: 256,
    properties: { 'broker.session.timeout.ms': '6000', 'group.min.session.timeout.ms': '1000' },
  });
  settings = { brokers: kafka.brokers, clientId: 'brokers-test', namespace: 'brokers', requestTimeoutMs: 10_000 };
}, 90_000);
afterAll(() => kafka?.stop(), 30_000);

interface Load {
  readonly acknowledged: number[];
  readonly failed: number[];
  stop(): Promise<void>;
}

/** Appends numbers, one key after the other, as fast as the publisher takes them but at most 2,000 per second. */
function load(publisher: StreamPublisher, contract: ReturnType<typeof notedEvent>, keys: number): Load {
  const acknowledged: number[] = [];
  const failed: number[] = [];
  let next = 0;
  let running = true;
  const run = (async () => {
    while (running) {
      for (let burst = 0; burst < 20 && running; burst++) {
        const number = next;
        const taken = publisher.append(note(contract, number, `acme/d${number % keys}`), (error) => {
          (error ? failed : acknowledged).push(number);
        });
        if (!taken) break;
        next += 1;
      }
      await sleep(10);
    }
  })();
  return {
    acknowledged,
    failed,
    stop: async () => {
      running = false;
      await run;
      await publisher.flush(30_000);
    },
  };
}

describe.each(['kafkajs', 'platformatic'] as const)('three brokers, published to by the engine %s', (engine) => {
  test('the leader is killed under load: nothing acknowledged is lost, every key stays in order', async () => {
    const group = 'telemetry.leader';
    const contract = notedEvent(`leader-${engine}`, { [group]: 'park' }, 6);
    const admin = createKafkaAdmin(settings);
    await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 3 });
    const publisher = createStreamPublisher(settings, { engine, deliveryTimeoutMs: 60_000 }, quietLogger);
    await publisher.connect();
    const states: string[] = [];
    publisher.onState((state) => states.push(state));
    const byKey = new Map<string, number[]>();
    const member = await consumeBatches(settings, contract, group, ({ records }) => {
      for (const record of records) {
        const numbers = byKey.get(record.key) ?? [];
        byKey.set(record.key, numbers);
        numbers.push(record.payload()?.atMs ?? -1);
      }
    });
    const running = load(publisher, contract, 40);
    await waitFor(() => byKey.size === 40, { timeoutMs: 40_000, what: 'records to arrive' });
    const node = kafka.nodes[engine === 'kafkajs' ? 0 : 1];
    const before = running.acknowledged.length;
    await node?.kill('SIGKILL');
    await sleep(1_000);
    await waitFor(() => running.acknowledged.length > before + 4_000, {
      timeoutMs: 60_000,
      what: () => `publishing to go on (${running.acknowledged.length - before} acknowledged, ${states.join(' ')})`,
    });
    await running.stop();
    await node?.start();
    await readAll(admin, group, contract.topic.name, 60_000);
    await member.app.close();
    await publisher.close();
    await admin.close();
    const arrived = new Set([...byKey.values()].flat());
    expect(running.failed).toEqual([]);
    expect(running.acknowledged.filter((number) => !arrived.has(number))).toEqual([]);
    for (const numbers of byKey.values()) {
      const news = [...new Set(numbers)];
      expect(news).toEqual([...news].sort((a, b) => a - b));
    }
  }, 150_000);
});

describe('a topic that was created', () => {
  test('is known to every broker from then on, whichever is asked', async () => {
    const contract = notedEvent('known', {}, 6);
    const admin = createKafkaAdmin(settings);
    await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 3 });
    const publishers = kafka.brokers.map((broker) =>
      createStreamPublisher({ ...settings, brokers: [broker] }, { engine: 'kafkajs' }, quietLogger),
    );
    await Promise.all(publishers.map((publisher) => publisher.connect()));
    expect(publishers.map((publisher) => publisher.partitionCount(contract.topic.name))).toEqual([6, 6, 6]);
    await Promise.all([...publishers.map((publisher) => publisher.close()), admin.close()]);
  }, 60_000);
});

describe('all brokers', () => {
  test('stopped and started again: publisher, consumer and table go on without a restart', async () => {
    const group = 'telemetry.restart';
    const plain = notedEvent('restart', { [group]: 'park' }, 2);
    const table = notedEvent('restart-table', {}, 1);
    const state = {
      ...table,
      topic: { ...table.topic, cleanup: { kind: 'compact', tombstoneRetentionMs: 60_000 } as const },
    };
    const admin = createKafkaAdmin(settings);
    await admin.ensureTopics(topicPlans([plain, state]), { replicationFactor: 3 });
    const publisher = createStreamPublisher(settings, { engine: 'kafkajs' }, quietLogger);
    await publisher.connect();
    const seen = new Set<number>();
    const member = await consumeBatches(settings, plain, group, ({ records }) =>
      records.forEach((record) => seen.add(record.payload()?.atMs ?? -1)),
    );
    let version = 0;
    const { logger, told } = recordedMessages();
    const follow = { contract: state, onRecord: (_key: string, _row: unknown, at: number) => (version = at) };
    const reader = createTableReader(settings, follow, logger);
    await reader.start();
    const acknowledged: number[] = [];
    const append = (number: number): boolean =>
      publisher.append(note(plain, number), (error) => error ?? acknowledged.push(number));
    append(1);
    await waitFor(() => seen.has(1), { timeoutMs: 30_000, what: 'the first record' });

    await Promise.all(kafka.nodes.map((node) => node.kill('SIGKILL')));
    const taken = append(2);
    await waitFor(() => publisher.health.state === 'away', { timeoutMs: 20_000, what: 'the publisher to notice' });
    expect(append(3)).toBe(false);
    await Promise.all(kafka.nodes.map((node) => node.start()));
    await waitFor(() => publisher.health.state === 'ready', { timeoutMs: 60_000, what: 'the publisher to recover' });
    expect(append(4)).toBe(true);
    await waitFor(() => acknowledged.includes(4), { timeoutMs: 30_000, what: 'the acknowledgement' });
    await waitFor(() => seen.has(4), { timeoutMs: 60_000, what: 'the consumer to recover' });
    if (taken && acknowledged.includes(2)) expect(seen.has(2)).toBe(true);
    publisher.append(
      encodeEvent({ contract: state, key: 'acme/a', payload: { instance: 'a', atMs: 1 }, version: 7 }, '/test'),
      () => undefined,
    );
    await waitFor(() => version === 7, { timeoutMs: 60_000, what: 'the table to recover' });
    // What repeats every second is told once in ten, and then that it is over.
    const [first, ...further] = told.filter(({ msg }) => msg === 'a table is not being followed');
    const topic = `${settings.namespace}.${state.topic.name}`;
    expect(first).toMatchObject({ level: 'warn', topic });
    for (const { reason, untold = 0 } of further) if (reason === first?.reason) expect(untold).toBeGreaterThan(0);
    expect(told.at(-1)).toEqual({ level: 'info', msg: 'a table is followed again', topic });
    await Promise.all([reader.close(), member.app.close(), publisher.close()]);
    await admin.close();
  }, 150_000);
});
