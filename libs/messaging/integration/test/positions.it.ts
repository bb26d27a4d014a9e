import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CodedError } from '@myelin/kernel';
import {
  type EventBatch,
  type PositionStore,
  type ReceivedRecord,
  createRecordPublisher,
  encodeEvent,
  topicPlans,
} from '@myelin/messaging';
import { useKafka, waitFor } from '@myelin/testing';
import {
  type Noted,
  consumeBatches,
  consumeEach,
  consumeStored,
  note,
  notedEvent,
  quietLogger,
  recordedMessages,
  readAll,
} from '../src/index.js';

class Failure extends CodedError<'test.not-now'> {}

const kafka = useKafka();
const { settings, admin } = kafka;
const publisher = createRecordPublisher(settings, quietLogger);

beforeAll(() => publisher.connect());
afterAll(async () => {
  await publisher.close();
  await kafka.dispose();
});

const numberOf = (record: ReceivedRecord<Noted>): number => record.payload()?.atMs ?? -1;
const committedOf = async (group: string, topic: string): Promise<bigint> =>
  (await admin.groupOffsets(group)).get(topic)?.get(0) ?? 0n;

describe('a handler that fails transiently', () => {
  test.each(['each', 'batch'] as const)(
    'gets the same again while only its partition waits, and nothing is committed past it; the log has its begin and its end (%s)',
    async (mode) => {
      const group = `telemetry.failing-${mode}`;
      const contract = notedEvent(`failing-${mode}`, { [group]: 'park' }, 2);
      await kafka.ensureTopics([contract]);
      const topic = contract.topic.name;
      let broken = true;
      let attempts = 0;
      const seen: number[] = [];
      const { logger, told } = recordedMessages();
      const take = (record: ReceivedRecord<Noted>): void => {
        if (broken && numberOf(record) === 3) {
          attempts += 1;
          throw Failure.retryable('test.not-now', 'the database is away');
        }
        seen.push(numberOf(record));
      };
      const member =
        mode === 'each'
          ? await consumeEach(settings, contract, group, take, { logger })
          : await consumeBatches(
              settings,
              contract,
              group,
              ({ records }) => {
                if (broken && records.some((record) => numberOf(record) === 3))
                  take(records.find((r) => numberOf(r) === 3)!);
                else records.forEach(take);
              },
              { logger },
            );
      await publisher.send(Array.from({ length: 8 }, (_, number) => ({ ...note(contract, number), partition: 0 })));
      await publisher.send(Array.from({ length: 5 }, (_, index) => ({ ...note(contract, 100 + index), partition: 1 })));
      await waitFor(() => attempts >= 3 && seen.filter((number) => number >= 100).length === 5, {
        timeoutMs: 20_000,
        what: 'three attempts, and the other partition to go on',
      });
      expect(await committedOf(group, topic)).toBeLessThanOrEqual(3n);
      const status = member.transport.describe().groups[0]?.partitions.find(({ partition }) => partition === 0);
      expect(status?.lastError).toMatchObject({ code: 'test.not-now' });
      broken = false;
      await readAll(admin, group, topic);
      await member.app.close();
      expect(seen.filter((number) => number < 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      const waits = 'records cannot be processed yet, their partition waits';
      expect(told.filter(({ msg }) => msg.startsWith('records')).map(({ msg }) => msg)).toEqual([
        waits,
        'records are processed again',
      ]);
    },
    60_000,
  );
});

describe('a tombstone', () => {
  test('reaches handlers as a record whose payload is null', async () => {
    const group = 'telemetry.tombstones';
    const plain = notedEvent('tombstones', { [group]: 'park' }, 1);
    const cleanup = { kind: 'compact', tombstoneRetentionMs: 60_000 } as const;
    const contract = { ...plain, topic: { ...plain.topic, cleanup } };
    await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
    const seen: (Noted | null)[] = [];
    const member = await consumeEach(settings, contract, group, (record) => void seen.push(record.payload()));
    await publisher.send([
      encodeEvent({ contract, key: 'acme/a', payload: { instance: 'a', atMs: 1 }, version: 1 }, '/test'),
      encodeEvent({ contract, key: 'acme/a', payload: null, version: 2 }, '/test'),
    ]);
    await waitFor(() => seen.length === 2, { timeoutMs: 20_000, what: 'both records' });
    expect(seen).toEqual([{ instance: 'a', atMs: 1 }, null]);
    await member.app.close();
  }, 60_000);
});

describe('a position out of range', () => {
  test('halts its partition with a named error; nothing is committed, other partitions go on', async () => {
    const group = 'telemetry.out-of-range';
    const contract = notedEvent('out-of-range', { [group]: 'park' }, 2);
    await kafka.ensureTopics([contract]);
    const topic = contract.topic.name;
    const at = (partition: number, number: number) => ({ ...note(contract, number), partition });
    await publisher.send([at(0, 1), at(0, 2), at(1, 3)]);
    const first = await consumeEach(settings, contract, group, () => undefined);
    await readAll(admin, group, topic);
    await first.app.close();
    await publisher.send([at(0, 4), at(0, 5), at(0, 6), at(1, 7)]);
    await admin.deleteRecords(topic, new Map([[0, 4n]]));

    const seen: number[] = [];
    const second = await consumeEach(settings, contract, group, (record) => void seen.push(numberOf(record)));
    const halted = () =>
      second.transport
        .describe()
        .groups[0]?.partitions.find(({ partition, state }) => partition === 0 && state === 'halted');
    await waitFor(() => halted() !== undefined, { timeoutMs: 20_000, what: 'the partition to halt' });
    await waitFor(() => seen.includes(7), { timeoutMs: 20_000, what: 'the other partition to go on' });
    expect(halted()?.lastError?.code).toBe('messaging.offset-out-of-range');
    await publisher.send([at(1, 8)]);
    await waitFor(() => seen.includes(8), { timeoutMs: 20_000, what: 'the other partition to go on for good' });
    await second.app.close();
    expect(await committedOf(group, topic)).toBe(2n);
    expect(seen).toEqual([7, 8]);
  }, 60_000);
});

describe('stored positions', () => {
  test("win over the group's offsets, and batches connect without a gap", async () => {
    const group = 'telemetry.stored';
    const contract = notedEvent('stored', { [group]: 'park' }, 1);
    await kafka.ensureTopics([contract]);
    const topic = contract.topic.name;
    await publisher.send(Array.from({ length: 10 }, (_, number) => note(contract, number)));
    const before = await consumeEach(settings, contract, group, () => undefined);
    await readAll(admin, group, topic);
    await before.app.close();

    let stored = 4n;
    class Positions implements PositionStore {
      load(): Promise<ReadonlyMap<number, bigint>> {
        return Promise.resolve(new Map([[0, stored]]));
      }
    }
    const seen: number[] = [];
    const gaps: string[] = [];
    const member = await consumeStored(settings, contract, group, Positions, (batch: EventBatch<Noted>) => {
      if (batch.firstOffset !== stored) gaps.push(`${batch.firstOffset} after ${stored}`);
      const numbers = batch.records.map(numberOf); // all or nothing, as a transaction would be
      seen.push(...numbers);
      stored = batch.nextOffset;
    });
    await publisher.send([{ ...note(contract, 10), value: Buffer.from('{') }, note(contract, 11)]);
    await publisher.send([{ ...note(contract, 12), headers: {} }]);
    await waitFor(() => stored === 13n, { timeoutMs: 20_000, what: 'the store to hear of parked records too' });
    await member.app.close();
    expect(seen).toEqual([4, 5, 6, 7, 8, 9, 11]);
    expect(gaps).toEqual([]);
  }, 60_000);
});
