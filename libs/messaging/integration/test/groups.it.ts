import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RecordPublisher, type ReceivedRecord, createRecordPublisher } from '@myelin/messaging';
import { spawnService, useKafka, waitFor } from '@myelin/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConsumerApp,
  type Noted,
  consumeBatches,
  consumeEach,
  historyOf,
  note,
  notedEvent,
  quietLogger,
  readAll,
} from '../src/index.js';

const kafka = useKafka();
const { settings, admin } = kafka;
const publisher: RecordPublisher = createRecordPublisher(settings, quietLogger);

beforeAll(() => publisher.connect());
afterAll(async () => {
  await publisher.close();
  await kafka.dispose();
});

const partitionsOf = ({ transport }: ConsumerApp): number => transport.describe().groups[0]?.partitions.length ?? 0;

/** Redelivery may repeat a stretch, but what is new of a key always comes in its order. */
function firstSeenInOrder(numbers: readonly number[]): boolean {
  const news = numbers.filter((number, index) => numbers.indexOf(number) === index);
  return news.every((number, index) => index === 0 || number > (news[index - 1] as number));
}

describe('a group whose members come and go while it works', () => {
  test('loses nothing, keeps the order of every key and repeats nothing, over three rounds', async () => {
    const group = 'telemetry.rounds';
    const contract = notedEvent('rounds', { [group]: 'park' }, 6);
    await kafka.ensureTopics([contract]);
    const byKey = new Map<string, number[]>();
    const handle = async (record: ReceivedRecord<Noted>): Promise<void> => {
      await sleep(2);
      byKey.set(record.key, [...(byKey.get(record.key) ?? []), record.payload()?.atMs ?? -1]);
    };
    // So little room that partitions are paused all the time: a pause must not outlive a rebalance.
    const join = (): Promise<ConsumerApp> =>
      consumeEach(settings, contract, group, handle, { maxQueuedBytesPerPartition: 2_000 });
    let sent = 0;
    let producing = true;
    const producer = (async () => {
      while (producing) {
        const records = Array.from({ length: 60 }, (_, index) => note(contract, sent + index, `acme/d${index % 20}`));
        sent += records.length;
        await publisher.send(records);
        await sleep(20);
      }
    })();
    const steady = await join();
    await waitFor(() => partitionsOf(steady) === 6, { timeoutMs: 20_000, what: 'the first member to hold everything' });
    for (let round = 0; round < 3; round++) {
      const guest = await join();
      await waitFor(() => partitionsOf(guest) === 3, { timeoutMs: 20_000, what: 'the guest to get its half' });
      await sleep(200);
      await guest.app.close();
      await waitFor(() => partitionsOf(steady) === 6, { timeoutMs: 20_000, what: 'the half to come back' });
    }
    producing = false;
    await producer;
    await readAll(admin, group, contract.topic.name);
    await steady.app.close();
    const all = [...byKey.values()].flat();
    expect(new Set(all).size).toBe(sent);
    expect(all.length).toBe(sent);
    for (const numbers of byKey.values()) expect(firstSeenInOrder(numbers)).toBe(true);
  }, 90_000);

  test('brings 50,000 records through two members, every key in its order', async () => {
    const group = 'telemetry.many';
    const contract = notedEvent('many', { [group]: 'park' }, 8);
    await kafka.ensureTopics([contract]);
    const last = new Map<string, number>();
    let count = 0;
    let disorder = 0;
    const take = (records: readonly ReceivedRecord<Noted>[]): void => {
      for (const record of records) {
        const number = record.payload()?.atMs ?? -1;
        if (number <= (last.get(record.key) ?? -1)) disorder += 1;
        last.set(record.key, number);
        count += 1;
      }
    };
    const members = await Promise.all([
      consumeBatches(settings, contract, group, ({ records }) => take(records)),
      consumeEach(settings, contract, group, (record) => take([record])),
    ]);
    await waitFor(() => members.every((member) => partitionsOf(member) === 4), {
      timeoutMs: 20_000,
      what: 'both members to hold their half',
    });
    for (let from = 0; from < 50_000; from += 5_000) {
      await publisher.send(
        Array.from({ length: 5_000 }, (_, index) => note(contract, from + index, `acme/d${(from + index) % 500}`)),
      );
    }
    await readAll(admin, group, contract.topic.name);
    await Promise.all(members.map(({ app }) => app.close()));
    expect({ count, disorder }).toEqual({ count: 50_000, disorder: 0 });
  }, 90_000);
});

describe('a slow handler', () => {
  test('keeps its membership for longer than a session, and does not hold up other partitions', async () => {
    const group = 'telemetry.slow';
    const contract = notedEvent('slow', { [group]: 'park' }, 2);
    await kafka.ensureTopics([contract]);
    const begun: number[] = [];
    const done: number[] = [];
    const member = await consumeEach(settings, contract, group, async (record) => {
      const number = record.payload()?.atMs ?? -1;
      begun.push(number);
      if (number === 0) await sleep(9_000);
      done.push(number);
    });
    await publisher.send([{ ...note(contract, 0), partition: 0 }]);
    await waitFor(() => begun.includes(0), { timeoutMs: 20_000, what: 'the slow record to begin' });
    await publisher.send(Array.from({ length: 10 }, (_, index) => ({ ...note(contract, index + 1), partition: 1 })));
    await waitFor(() => done.length === 10, { timeoutMs: 3_000, what: 'the other partition to go on' });
    expect(done).not.toContain(0);
    await readAll(admin, group, contract.topic.name);
    await member.app.close();
    expect(begun.filter((number) => number === 0)).toHaveLength(1);
  }, 60_000);
});

describe('a member that stood still for longer than its session', () => {
  test('neither delivers nor commits anything of what others took over, and takes part again', async () => {
    const group = 'telemetry.stopped';
    const contract = notedEvent('stopped', { [group]: 'park' }, 1);
    await kafka.ensureTopics([contract]);
    const send = (from: number, to: number): Promise<void> =>
      publisher.send(Array.from({ length: to - from }, (_, index) => note(contract, from + index)));
    await send(0, 400);
    const member = await spawnService(
      'libs/messaging/integration/dist/member-program.js',
      {
        KAFKA_BROKERS: settings.brokers.join(','),
        KAFKA_NAMESPACE: settings.namespace,
        MEMBER_EVENT: 'stopped',
        MEMBER_GROUP: group,
        MEMBER_HANDLE_MS: '10',
      },
      { nodeArgs: [], readyLine: /done 0 20 / },
    );
    member.kill('SIGSTOP');
    await sleep(100);
    const takenOver: number[] = [];
    const successor = await consumeEach(
      settings,
      contract,
      group,
      (record) => void takenOver.push(record.payload()!.atMs),
    );
    await readAll(admin, group, contract.topic.name, 40_000);
    const doneByThen = historyOf(member.logs()).length;
    member.kill('SIGCONT');
    // It joins again: with one partition for two members, one of them holds nothing.
    await member.waitForLog(/joined[^]*joined/, 30_000);
    await send(400, 420);
    await readAll(admin, group, contract.topic.name);
    const late = historyOf(member.logs()).slice(doneByThen);
    // The one record that its handler had in hand may end; nothing that was fetched before the stop is begun after it.
    expect(late.filter(({ number }) => number < 400).length).toBeLessThanOrEqual(1);
    const all = new Set([...historyOf(member.logs()).map(({ number }) => number), ...takenOver]);
    expect(all.size).toBe(420);
    await successor.app.close();
    await member.stop();
  }, 90_000);
});
