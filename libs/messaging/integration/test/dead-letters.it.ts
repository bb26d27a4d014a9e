import 'reflect-metadata';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import {
  MessagingError,
  PoisonRecord,
  type ReceivedRecord,
  type RecordPublisher,
  createKafkaAdmin,
  createRecordPublisher,
  listDeadLetters,
  replayDeadLetters,
  topicPlans,
} from '@myelin/messaging';
import { brokers, quietLogger, randomNamespace, until } from './broker.fixture.js';
import { type ConsumerApp, consumeBatches, consumeEach } from '../src/index.js';
import { type Noted, note, notedEvent } from '../src/index.js';

const settings = { brokers, clientId: 'dead-letters-test', namespace: randomNamespace() };
const admin = createKafkaAdmin(settings);
const apps: ConsumerApp[] = [];
const publishers: RecordPublisher[] = [];
const group = 'telemetry.notes';

afterEach(async () => {
  await Promise.all(apps.splice(0).map(({ app }) => app.close()));
  await Promise.all(publishers.splice(0).map((publisher) => publisher.close()));
});

afterAll(async () => {
  await admin.deleteTopics(await admin.listTopics());
  await admin.deleteGroups(await admin.listGroups());
  await admin.close();
});

async function publisherFor(contract: ReturnType<typeof notedEvent>): Promise<RecordPublisher> {
  await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
  const publisher = createRecordPublisher(settings, quietLogger);
  publishers.push(publisher);
  await publisher.connect();
  return publisher;
}

const numberOf = (record: ReceivedRecord<Noted>): number => record.payload()?.atMs ?? -1;
const poison = (record: ReceivedRecord<Noted>) => PoisonRecord.at(record.offset, 'test.odd', 'it is odd');

describe('a failure that passes', () => {
  test('is tried again until it is over, before the next record of the key, and nothing is parked', async () => {
    const contract = notedEvent('passing', { [group]: 'park' });
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    let failures = 0;
    apps.push(
      await consumeEach(settings, contract, group, (record) => {
        if (numberOf(record) === 1 && failures < 2) {
          failures += 1;
          throw MessagingError.retryable('messaging.unavailable', 'not now');
        }
        seen.push(numberOf(record));
      }),
    );
    await publisher.send([note(contract, 1), note(contract, 2)]);
    await until(() => seen.length === 2, 'both are processed');
    expect({ failures, seen }).toEqual({ failures: 2, seen: [1, 2] });
    expect(await listDeadLetters(settings, { topic: contract.topic.name, group })).toEqual([]);
  });
});

describe('a parked record', () => {
  test('keeps key, value and headers, and says where it came from and why it is here', async () => {
    const contract = notedEvent('kept', { [group]: 'park' });
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    apps.push(
      await consumeEach(settings, contract, group, (record) => {
        if (numberOf(record) === 2) throw poison(record);
        seen.push(numberOf(record));
      }),
    );
    const original = note(contract, 2);
    await publisher.send([note(contract, 1), original, note(contract, 3)]);
    await until(() => seen.length === 2, 'the records around it are processed');
    const query = { topic: contract.topic.name, group };
    await until(async () => (await listDeadLetters(settings, query)).length === 1, 'it is listed');
    const [letter] = await listDeadLetters(settings, query);
    expect(letter).toMatchObject({
      key: 'acme/a',
      value: original.value,
      originalTopic: contract.topic.name,
      originalOffset: 1n,
      group,
      errorClass: 'test.odd',
      errorMessage: 'it is odd',
      attempts: 1,
    });
    expect(letter?.headers).toMatchObject(Object.fromEntries(Object.entries(original.headers)));
    expect(seen).toEqual([1, 3]);
  });

  test('that a batch handler points out leaves the rest of the batch as it was', async () => {
    const contract = notedEvent('pointed-out', { [group]: 'park' });
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    await publisher.send([1, 2, 3, 4].map((number) => note(contract, number)));
    apps.push(
      await consumeBatches(settings, contract, group, ({ records }) => {
        const bad = records.find((record) => numberOf(record) === 2);
        if (bad) throw poison(bad);
        seen.push(...records.map(numberOf));
      }),
    );
    await until(() => seen.length === 3, 'the rest is processed');
    expect(seen).toEqual([1, 3, 4]);
  });

  test('is found when a batch handler fails without saying where', async () => {
    const contract = notedEvent('unsaid', { [group]: 'park' });
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    await publisher.send([1, 2, 3, 4].map((number) => note(contract, number)));
    apps.push(
      await consumeBatches(settings, contract, group, ({ records }) => {
        if (records.some((record) => numberOf(record) === 3)) throw new TypeError('a bug');
        seen.push(...records.map(numberOf));
      }),
    );
    await until(() => seen.length === 3, 'the rest is processed');
    expect(seen).toEqual([1, 2, 4]);
  });

  test('is not replayed to other groups', async () => {
    const other = 'telemetry.others';
    const contract = notedEvent('for-one', { [group]: 'park', [other]: 'park' });
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    const seenByOther: number[] = [];
    let broken = true;
    apps.push(
      await consumeEach(settings, contract, group, (record) => {
        if (broken && numberOf(record) === 1) throw poison(record);
        seen.push(numberOf(record));
      }),
      await consumeEach(settings, contract, other, (record) => void seenByOther.push(numberOf(record))),
    );
    await publisher.send([note(contract, 1), note(contract, 2)]);
    await until(() => seen.length === 1 && seenByOther.length === 2, 'one record is parked');
    broken = false;
    const query = { topic: contract.topic.name, group };
    await expect(replayDeadLetters(settings, query)).resolves.toEqual({ replayed: 1 });
    await publisher.send([note(contract, 3)]);
    await until(() => seenByOther.includes(3) && seen.includes(3), 'everyone is behind the replay');
    expect(seen).toEqual([2, 1, 3]);
    expect(seenByOther).toEqual([1, 2, 3]);
    await until(async () => (await listDeadLetters(settings, query)).length === 0, 'nothing is left to replay');
  });
});

describe('a contract that halts the key', () => {
  test('keeps the order of the key across a restart, until the replay brings everything in order', async () => {
    const contract = notedEvent('halting', { [group]: 'halt-key' }, 1);
    const publisher = await publisherFor(contract);
    const seen: string[] = [];
    let broken = true;
    const handle = (record: ReceivedRecord<Noted>): void => {
      if (broken && numberOf(record) === 1) throw poison(record);
      seen.push(`${record.key} ${numberOf(record)}`);
    };
    const first = await consumeEach(settings, contract, group, handle);
    await publisher.send([note(contract, 1), note(contract, 2), note(contract, 1_000, 'acme/b')]);
    await until(() => seen.length === 1, 'another key goes on');
    const query = { topic: contract.topic.name, group };
    await until(async () => (await listDeadLetters(settings, query)).length === 2, 'the follower is parked too');
    await first.app.close();

    apps.push(await consumeEach(settings, contract, group, handle));
    await publisher.send([note(contract, 3), note(contract, 1_001, 'acme/b')]);
    await until(async () => (await listDeadLetters(settings, query)).length === 3, 'it still follows after a restart');
    await until(() => seen.length === 2, 'the other key went on');
    broken = false;
    await replayDeadLetters(settings, query);
    await publisher.send([note(contract, 4)]);
    await until(() => seen.includes('acme/a 4'), 'the key is free again');
    expect(seen.filter((entry) => entry.startsWith('acme/a'))).toEqual([1, 2, 3, 4].map((n) => `acme/a ${n}`));
  });

  test('stays halted when the replay fails again, in order', async () => {
    const contract = notedEvent('halting-again', { [group]: 'halt-key' }, 1);
    const publisher = await publisherFor(contract);
    const seen: number[] = [];
    let broken = true;
    apps.push(
      await consumeEach(settings, contract, group, (record) => {
        if (broken && numberOf(record) === 1) throw poison(record);
        seen.push(numberOf(record));
      }),
    );
    const query = { topic: contract.topic.name, group };
    const parked = async (): Promise<number[]> =>
      (await listDeadLetters(settings, query)).map(({ value }) => (JSON.parse(String(value)) as Noted).atMs);
    await publisher.send([note(contract, 1), note(contract, 2)]);
    await until(async () => (await parked()).length === 2, 'both are parked');
    await replayDeadLetters(settings, query);
    const admin2 = createKafkaAdmin(settings);
    await until(
      async () => (await admin2.lag(group)).some(({ committed }) => committed === 4n),
      'the replay is dealt with',
    );
    await admin2.close();
    expect(await parked()).toEqual([1, 2]);
    expect(seen).toEqual([]);
    broken = false;
    await replayDeadLetters(settings, query);
    await until(() => seen.length === 2, 'the second replay succeeds');
    expect(seen).toEqual([1, 2]);
  });
});
