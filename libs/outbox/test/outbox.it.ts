import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EncodedRecord } from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import type { DataSource } from 'typeorm';
import { type OutboxRelay, type OutboxRelaySettings, createOutboxRelay, writeToOutbox } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { RecordingPublisher, record, until } from './recording-publisher.js';

let database: OutboxDatabase;
let publisher: RecordingPublisher;
const relays: OutboxRelay[] = [];

beforeAll(async () => {
  database = await outboxDatabase();
});
afterAll(() => database.dispose());
beforeEach(() => {
  publisher = new RecordingPublisher();
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.close()));
  await database.clear();
});

function startRelay(settings: Partial<OutboxRelaySettings> = {}): OutboxRelay {
  const relay = createOutboxRelay({
    ...{ dataSource: database.dataSource, publisher, logger: silentLogger, pollMs: 100, settleMs: 0 },
    ...settings,
  });
  relays.push(relay);
  relay.start();
  return relay;
}

const write = (...records: EncodedRecord[]): Promise<void> =>
  inTransaction(database.dataSource, (tx) => writeToOutbox(tx, records));

const empty = (): Promise<void> => until('an empty outbox', async () => (await database.waiting()) === 0);

describe('a record through the outbox', () => {
  test('keeps key, value, headers, partition and time byte for byte, and leaves nothing behind', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const sent: EncodedRecord[] = [
      {
        topic: 'test.a',
        key: bytes,
        value: bytes,
        headers: { ce_id: 'id-1', text: 'grün ☂ "\\', 'b\u0001': bytes, nul: 'a\0b', traceparent: '00-1-2-01' },
        timestampMs: 1_795_000_000_123,
        partition: 3,
      },
      { topic: 'test.b', key: 'tomb', value: null, headers: {} },
      { topic: 'test.b', key: '', value: Buffer.alloc(0), headers: { empty: '' } },
    ];
    const beganMs = Date.now();
    await write(...sent);
    startRelay();
    await empty();
    const times = { timestampMs: expect.any(Number), writtenAtMs: expect.any(Number) };
    expect(publisher.received).toEqual([
      { ...times, ...sent[0], headers: { ...sent[0]?.headers, nul: Buffer.from('a\0b') } },
      { ...sent[1], key: Buffer.from('tomb'), ...times },
      { ...sent[2], key: Buffer.alloc(0), ...times },
    ]);
    for (const { writtenAtMs = 0 } of publisher.received) {
      expect(writtenAtMs).toBeGreaterThan(beganMs - 1_000);
      expect(writtenAtMs).toBeLessThanOrEqual(Date.now());
    }
  });

  test('is dated no later than the database has it, however far ahead the clock of its writer was', async () => {
    const aheadMs = 5 * 3_600_000;
    await write(record('a', '1', { timestampMs: Date.now() + aheadMs }), record('a', '2', { timestampMs: 1 }));
    startRelay();
    await empty();
    const [first, second] = publisher.received;
    expect(first?.timestampMs).toBeLessThan(Date.now() + aheadMs / 2);
    expect(second?.timestampMs).toBe(1);
  });

  test('of a transaction that is rolled back is never published', async () => {
    startRelay();
    const failing = inTransaction(database.dataSource, async (tx) => {
      await writeToOutbox(tx, [record('k', 'never')]);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await write(record('k', 'kept'));
    await empty();
    expect(publisher.valuesOf('k')).toEqual(['kept']);
  });

  test('is refused outside of a transaction', async () => {
    await expect(writeToOutbox(database.dataSource.manager, [record('k', 'v')])).rejects.toMatchObject({
      code: 'outbox.no-transaction',
    });
  });

  test('is announced: it arrives long before the next look', async () => {
    const relay = startRelay({ pollMs: 60_000 });
    await until('the relay', () => relay.active);
    await write(record('warm', 'up'));
    await empty();
    const startMs = Date.now();
    await write(record('k', 'v'));
    await until('the record', () => publisher.valuesOf('k').length === 1);
    expect(Date.now() - startMs).toBeLessThan(2_000);
  });

  test('is found by the slow look when nobody announced it', async () => {
    const relay = startRelay({ pollMs: 200 });
    await until('the relay', () => relay.active);
    await database.asAdmin(`INSERT INTO outbox (topic, key, value, headers) VALUES ('t', 'k', 'v', '{}')`);
    await until('the record', () => publisher.valuesOf('k').length === 1);
  });
});

describe('order', () => {
  test('a transaction that commits after later ones is not skipped', async () => {
    startRelay();
    const late = database.dataSource.createQueryRunner();
    await late.startTransaction();
    await writeToOutbox(late.manager, [record('early number', 'late commit')]);
    await write(record('other', 'first'));
    await until('the first', () => publisher.valuesOf('other').length === 1);
    expect(publisher.valuesOf('early number')).toEqual([]);
    await late.commitTransaction();
    await late.release();
    await until('the late one', () => publisher.valuesOf('early number').length === 1);
    await empty();
  });

  test.each([
    ['before the broker has anything', 'fail-before'],
    ['after the broker has everything', 'fail-after'],
    ['in the middle', { failAfterRecords: 3 }],
  ] as const)('of a key survives a publish that fails %s', async (_, outcome) => {
    publisher.outcomes.push(outcome, outcome);
    await write(...['1', '2', '3', '4', '5'].map((value) => record('k', value)));
    startRelay();
    await empty();
    const expected = ['1', '2', '3', '4', '5'];
    const replay = outcome === 'fail-before' ? [] : outcome === 'fail-after' ? expected : expected.slice(0, 3);
    expect(publisher.valuesOf('k')).toEqual([...replay, ...replay, ...expected]);
  });

  test('a refused record holds back its own key, in order, and no other; it goes on when it is accepted', async () => {
    publisher.refuses = ({ value }) => String(value) === 'bad';
    const relay = startRelay({ heldRetryMs: 100 });
    await write(record('a', '1'), record('b', '1'), record('a', 'bad'), record('b', '2'), record('a', '3'));
    await until('the other key', () => publisher.valuesOf('b').length === 2);
    await write(record('a', '4'), record('c', '1'));
    await until('a new key', () => publisher.valuesOf('c').length === 1);
    // What is published leaves the outbox a moment later.
    await until('the new key to leave', async () => (await database.waiting()) === 3);
    expect(publisher.valuesOf('a')).toEqual(['1']);
    expect(await database.waiting()).toBe(3);
    expect(relay.active).toBe(true);
    publisher.refuses = () => false;
    await empty();
    expect(publisher.valuesOf('a')).toEqual(['1', 'bad', '3', '4']);
  });
});

describe('one active relay', () => {
  const second = async (): Promise<{ other: RecordingPublisher; relay: OutboxRelay }> => {
    const other = new RecordingPublisher();
    return { other, relay: startRelay({ dataSource: await database.connect(), publisher: other }) };
  };

  test('of several in one schema; the other takes over when it is closed', async () => {
    const first = startRelay();
    await until('the first', () => first.active);
    const { other, relay } = await second();
    await write(record('k', '1'));
    await empty();
    expect(relay.active).toBe(false);
    await first.close();
    expect(first.active).toBe(false);
    await write(record('k', '2'));
    await empty();
    expect([publisher.valuesOf('k'), other.valuesOf('k')]).toEqual([['1'], ['2']]);
  });

  test('that loses its connection while publishing sends nothing more until it has the lock again', async () => {
    const answer = Promise.withResolvers<void>();
    publisher.beforeAnswer = () => answer.promise;
    await write(record('k', '1'), record('k', '2'));
    const first = startRelay({ batchSize: 1 });
    await until('the first send', () => publisher.sends.length === 1);
    const { other, relay } = await second();
    const [holder] = await database.relayBackends('holder');
    await database.endBackend(holder as number);
    await until('the other relay', () => relay.active);
    await empty();
    answer.resolve();
    await until('its return', async () => (await database.relayBackends('all')).length === 2);
    await write(record('k', '3'));
    await empty();
    expect(first.active).toBe(false);
    expect([publisher.valuesOf('k'), other.valuesOf('k')]).toEqual([['1'], ['1', '2', '3']]);
  });

  test('that loses its connection comes back by itself', async () => {
    const relay = startRelay();
    for (const value of ['1', '2', '3']) {
      await until('the relay', () => relay.active);
      const [holder] = await database.relayBackends('holder');
      await database.endBackend(holder as number);
      await write(record('k', value));
      await empty();
    }
    expect(publisher.valuesOf('k')).toEqual(['1', '2', '3']);
  });
});

describe('closing and health', () => {
  test('close keeps its deadline while the broker does not answer, and frees the lock', async () => {
    const answer = Promise.withResolvers<void>();
    publisher.beforeAnswer = () => answer.promise;
    const relay = startRelay();
    await write(record('k', '1'));
    await until('the send', () => publisher.sends.length === 1);
    const startMs = Date.now();
    await relay.close(200);
    expect(Date.now() - startMs).toBeLessThan(1_500);
    await until('a free lock', async () => (await database.relayBackends('all')).length === 0);
    answer.resolve();
  });

  test('close lets the publish under way finish, so nothing is sent twice', async () => {
    const answer = Promise.withResolvers<void>();
    publisher.beforeAnswer = () => answer.promise;
    const relay = startRelay();
    await write(record('k', '1'));
    await until('the send', () => publisher.sends.length === 1);
    const closed = relay.close();
    answer.resolve();
    await closed;
    expect(await database.waiting()).toBe(0);
  });

  test('health fails with the last error when records wait too long, and passes again once they are out', async () => {
    publisher.outcomes.push(...Array.from({ length: 3 }, () => 'fail-before' as const));
    const idle = createOutboxRelay({ ...settingsOf(database.dataSource), alarmAgeMs: 0 });
    await expect(idle.health().check()).resolves.toBeUndefined();
    await write(record('k', '1'));
    await until('some age', async () => (await idle.oldestAgeMs()) > 5);
    const relay = startRelay({ alarmAgeMs: 0 });
    await until('a failure', () => publisher.sends.length >= 2);
    await expect(relay.health().check()).rejects.toMatchObject({
      code: 'outbox.delayed',
      cause: { code: 'messaging.unavailable' },
    });
    await empty();
    await expect(relay.health().check()).resolves.toBeUndefined();
    expect(await relay.oldestAgeMs()).toBe(0);
  });

  const settingsOf = (dataSource: DataSource): OutboxRelaySettings => ({ dataSource, publisher, logger: silentLogger });
});

describe('a large backlog', () => {
  test('of 200,000 records drains in order, in batches bounded by count and bytes', async () => {
    const total = 200_000;
    const startMs = Date.now();
    await inTransaction(database.dataSource, async (tx) => {
      for (let first = 0; first < total; first += 10_000) {
        const numbers = Array.from({ length: 10_000 }, (_, index) => first + index);
        await writeToOutbox(
          tx,
          numbers.map((number) => record(`k${number % 1_000}`, String(number), { headers: { ce_id: String(number) } })),
        );
      }
    });
    const writtenMs = Date.now();
    let inOrder = true;
    let count = 0;
    const counting = new RecordingPublisher();
    counting.send = (records) => {
      counting.sends.push(records.length);
      for (const { value } of records) inOrder &&= String(value) === String(count++);
      return Promise.resolve();
    };
    const heapBefore = process.memoryUsage().heapUsed;
    startRelay({ publisher: counting });
    await until('the backlog to drain', () => count === total, 120_000);
    await empty();
    process.stderr.write(
      `outbox: ${total} written in ${writtenMs - startMs} ms, drained in ${Date.now() - writtenMs} ms, ` +
        `heap ${Math.round((process.memoryUsage().heapUsed - heapBefore) / 1_048_576)} MiB more\n`,
    );
    expect(inOrder).toBe(true);
    expect(Math.max(...counting.sends)).toBeLessThanOrEqual(500);
  }, 180_000);

  test('of large records goes out in smaller batches; one larger than a batch goes alone', async () => {
    const large = 'x'.repeat(300_000);
    await write(...[1, 2, 3].map(() => record('k', large)), record('k', 'y'.repeat(700_000)), record('k', 'z'));
    startRelay();
    await empty();
    expect(publisher.sends).toEqual([1, 1, 1, 1, 1]);
  });
});
