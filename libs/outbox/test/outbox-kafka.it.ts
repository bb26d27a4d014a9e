import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { tenantStateV1 as contract } from '@myelin/contracts';
import { uuidv7 } from '@myelin/kernel';
import {
  type EncodedRecord,
  type KafkaAdmin,
  type KafkaSettings,
  createKafkaAdmin,
  createRecordPublisher,
  createTableReader,
  encodeEvent,
  topicPlans,
} from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { inTransaction } from '@myelin/persistence';
import { createOutboxRelay, writeToOutbox } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { until } from './recording-publisher.js';

const relayProcess = fileURLToPath(new URL('relay-process.mjs', import.meta.url));
const brokers = (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:29092').split(',');

describe('on a real broker', () => {
  const kafka: KafkaSettings = { brokers, clientId: 'outbox-test', namespace: `t${uuidv7().replaceAll('-', '')}` };
  const children: ChildProcess[] = [];
  const active = new WeakSet<ChildProcess>();
  let admin: KafkaAdmin;
  let database: OutboxDatabase;

  beforeAll(async () => {
    database = await outboxDatabase();
    admin = createKafkaAdmin(kafka);
    const plans = topicPlans([contract]).map((plan) => ({ ...plan, partitions: 3 }));
    await admin.ensureTopics(plans, { replicationFactor: 1 });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await killed(child);
    await database.clear();
  });
  afterAll(async () => {
    await admin.deleteGroups(await admin.listGroups());
    await admin.deleteTopics(await admin.listTopics());
    await admin.close();
    await database.dispose();
  });

  const startProcess = (): ChildProcess => {
    const { appUrl, schema } = database;
    const child = spawn(process.execPath, [relayProcess, JSON.stringify({ appUrl, schema, kafka })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes('is active')) active.add(child);
    });
    children.push(child);
    return child;
  };

  /** The version guard of a table reader hides replays, but neither gaps nor what never comes. */
  const versionsByKey = async (): Promise<{ of: (key: string) => number[]; close: () => Promise<void> }> => {
    const versions = new Map<string, number[]>();
    const onRecord = (key: string, _: unknown, version: number): void => {
      versions.set(key, [...(versions.get(key) ?? []), version]);
    };
    const reader = createTableReader(kafka, { contract, onRecord }, silentLogger);
    await reader.start();
    return { of: (key) => versions.get(key) ?? [], close: () => reader.close() };
  };

  const recordsOnTopic = async (): Promise<bigint> =>
    [...(await admin.topicOffsets(contract.topic.name)).values()].reduce((sum, { high }) => sum + high, 0n);

  test('a record that is written in a transaction arrives once', async () => {
    const publisher = createRecordPublisher(kafka, silentLogger);
    const relay = createOutboxRelay({ dataSource: database.dataSource, publisher, logger: silentLogger, settleMs: 0 });
    const table = await versionsByKey();
    relay.start();
    await inTransaction(database.dataSource, (tx) => writeToOutbox(tx, [stateEvent('one', 1), stateEvent('one', 2)]));
    await until('both versions', () => table.of('one').length === 2, 20_000);
    await until('an empty outbox', async () => (await database.waiting()) === 0);
    expect(table.of('one')).toEqual([1, 2]);
    expect(await recordsOnTopic()).toBe(2n);
    await table.close();
    await relay.close();
    await publisher.close();
  });

  test('a record that the broker refuses lets no later one of its key pass, and every one of other keys', async () => {
    const publisher = createRecordPublisher(kafka, silentLogger);
    const relay = createOutboxRelay({ dataSource: database.dataSource, publisher, logger: silentLogger, settleMs: 0 });
    const table = await versionsByKey();
    const tooLarge = { ...stateEvent('held', 2), value: Buffer.alloc(2_000_000) };
    const records = [stateEvent('held', 1), tooLarge, stateEvent('held', 3), stateEvent('free', 1)];
    await inTransaction(database.dataSource, (tx) => writeToOutbox(tx, records));
    relay.start();
    await until('the other key', () => table.of('free').length === 1, 20_000);
    await until('what waits', async () => (await database.waiting()) === 2);
    await inTransaction(database.dataSource, (tx) => writeToOutbox(tx, [stateEvent('free', 2)]));
    await until('the other key again', () => table.of('free').length === 2, 20_000);
    expect(table.of('held')).toEqual([1]);
    await table.close();
    await relay.close();
    await publisher.close();
  });

  test('a record that was dated hours ahead arrives', async () => {
    const publisher = createRecordPublisher(kafka, silentLogger);
    const relay = createOutboxRelay({ dataSource: database.dataSource, publisher, logger: silentLogger, settleMs: 0 });
    const table = await versionsByKey();
    const ahead = { ...stateEvent('ahead', 1), timestampMs: Date.now() + 5 * 3_600_000 };
    await inTransaction(database.dataSource, (tx) => writeToOutbox(tx, [ahead, stateEvent('ahead', 2)]));
    relay.start();
    await until('both versions', () => table.of('ahead').length === 2, 20_000);
    expect(table.of('ahead')).toEqual([1, 2]);
    await table.close();
    await relay.close();
    await publisher.close();
  });

  test('a relay killed with SIGKILL again and again loses nothing and skips nothing; each key stays in order', async () => {
    const keys = ['kill-a', 'kill-b', 'kill-c', 'kill-d', 'kill-e'];
    const perKey = 200;
    const before = await recordsOnTopic();
    const published = async (): Promise<number> => Number((await recordsOnTopic()) - before);
    await database.asAdmin('INSERT INTO entity SELECT unnest($1::text[]), 0', [keys]);
    const table = await versionsByKey();
    startProcess();
    startProcess();
    const writing = Promise.all(keys.map((key) => writeVersions(key, perKey)));
    for (let kill = 1; kill <= 4; kill++) {
      const progress = (keys.length * perKey * kill) / 6;
      await until('more to be published', async () => (await published()) > progress, 60_000);
      await killHolder();
      startProcess();
    }
    await writing;
    await until('an empty outbox', async () => (await database.waiting()) === 0, 60_000);
    await until('the last versions', () => keys.every((key) => table.of(key).includes(perKey)), 60_000);
    await table.close();
    const inOrder = Array.from({ length: perKey }, (_, index) => index + 1);
    for (const key of keys) expect(table.of(key)).toEqual(inOrder);
    const total = await published();
    process.stderr.write(
      `outbox: ${keys.length * perKey} records, 4 kills, ${total - keys.length * perKey} replayed\n`,
    );
  }, 300_000);

  async function writeVersions(key: string, last: number): Promise<void> {
    for (let version = 1; version <= last; version++) {
      await inTransaction(database.dataSource, async (tx) => {
        await tx.query('UPDATE entity SET version = $2 WHERE key = $1', [key, version]);
        await writeToOutbox(tx, [stateEvent(key, version)]);
      });
    }
  }

  async function killHolder(): Promise<void> {
    await until('a process with the lock', () => children.some((child) => active.has(child)), 20_000);
    const holder = children.findIndex((child) => active.has(child));
    for (const child of children.splice(holder, 1)) await killed(child);
  }
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function stateEvent(key: string, version: number): EncodedRecord {
  return encodeEvent(
    { contract, key, version, payload: { ...contract.example, tenant: key, version } as typeof contract.example },
    '/outbox-test',
  );
}
