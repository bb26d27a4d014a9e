import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { deviceLifecycleChangedV1 } from '@myelin/contracts';
import { createKafkaAdmin, createRecordPublisher, encodeEvent, topicPlans } from '../src/index.js';
import { brokers, quietLogger, randomNamespace } from './fixtures/broker.js';

const settings = { brokers, clientId: 'messaging-test', namespace: randomNamespace() };
const admin = createKafkaAdmin(settings);
const topic = deviceLifecycleChangedV1.topic.name;

beforeAll(async () => {
  await admin.ensureTopics(topicPlans([deviceLifecycleChangedV1]), { replicationFactor: 1 });
});

afterAll(async () => {
  await admin.deleteTopics(await admin.listTopics());
  await admin.close();
});

describe('a record publisher', () => {
  test('has every record acknowledged when its promise resolves', async () => {
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const records = Array.from({ length: 500 }, (_, index) =>
      encodeEvent(
        {
          contract: deviceLifecycleChangedV1,
          key: `acme/device-${index % 7}`,
          payload: deviceLifecycleChangedV1.example,
        },
        '/test',
      ),
    );
    await Promise.all([publisher.send(records.slice(0, 250)), publisher.send(records.slice(250))]);
    const ranges = await admin.topicOffsets(topic);
    const written = [...ranges.values()].reduce((sum, { high }) => sum + Number(high), 0);
    expect(written).toBe(500);
    await publisher.close();
  });

  test('refuses a topic that does not exist, and names the reason', async () => {
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const record = { topic: 'nobody.made.this', key: 'a', value: Buffer.from('x'), headers: {} };
    await expect(publisher.send([record])).rejects.toMatchObject({ code: 'messaging.refused' });
    await publisher.close();
  });
});

describe('a record that the broker refuses', () => {
  test('is overtaken by none of its key, and by all of others', async () => {
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const written = async (): Promise<bigint> => (await admin.topicOffsets(topic)).get(0)?.high ?? 0n;
    const before = await written();
    const record = (key: string, aheadMs = 0) => ({
      ...{ topic, key, value: Buffer.from('{}'), headers: {}, partition: 0 },
      timestampMs: Date.now() + aheadMs,
    });
    const tooFarAhead = 5 * 3_600_000;
    const records = [record('acme/held'), record('acme/held', tooFarAhead), record('acme/held'), record('acme/free')];
    await expect(publisher.send(records)).rejects.toMatchObject({ code: 'messaging.refused' });
    expect((await written()) - before).toBe(2n);
    await publisher.close();
  });
});

describe('administration', () => {
  test('leaves existing topics alone and says so', async () => {
    const plans = topicPlans([deviceLifecycleChangedV1]);
    await expect(admin.ensureTopics(plans, { replicationFactor: 1 })).resolves.toEqual({
      created: [],
      unchanged: plans.map(({ name }) => name),
    });
  });

  test('names the node that leads each partition', async () => {
    const leaders = await admin.partitionLeaders(topic);
    expect([...leaders.keys()].sort()).toEqual([...(await admin.topicOffsets(topic)).keys()].sort());
    expect([...leaders.values()].every((node) => Number.isInteger(node) && node >= 0)).toBe(true);
  });

  test('refuses a topic whose partitions differ from its contract', async () => {
    const [plan] = topicPlans([deviceLifecycleChangedV1]);
    await expect(admin.ensureTopics([{ ...plan!, partitions: plan!.partitions + 1 }])).rejects.toMatchObject({
      code: 'messaging.misconfigured',
    });
  });
});
