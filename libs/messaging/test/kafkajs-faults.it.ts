import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import Connection from 'kafkajs/src/network/connection.js';
import { createKafkaAdmin, createRecordPublisher, topicPlans } from '../src/index.js';
import { brokers, quietLogger, randomNamespace, until } from './fixtures/broker.js';
import { consumeEach } from './fixtures/consumer-app.js';
import { note, notedEvent } from './fixtures/noted-event.js';

const settings = { brokers, clientId: 'faults-test', namespace: randomNamespace() };
const group = 'telemetry.faults';
const contract = notedEvent('faults', { [group]: 'park' });
const admin = createKafkaAdmin(settings);

beforeAll(async () => {
  await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
});
afterAll(async () => {
  await admin.deleteTopics(await admin.listTopics());
  await admin.deleteGroups(await admin.listGroups());
  await admin.close();
});

describe('faults of kafkajs that are known', () => {
  test('idle connections neither warn of negative timeouts nor wake all the time', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', onWarning);
    const publisher = createRecordPublisher(settings, quietLogger);
    await publisher.connect();
    const seen: number[] = [];
    const { app } = await consumeEach(settings, contract, group, (record) => void seen.push(record.payload()!.atMs));
    await publisher.send([note(contract, 1)]);
    await until(() => seen.length === 1, 'the record arrives');
    const timers = jest.spyOn(globalThis, 'setTimeout');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // Unguarded, each of the four connections sets about a thousand per second.
    expect(timers.mock.calls.length).toBeLessThan(100);
    expect(timers.mock.calls.filter(([, delayMs]) => (delayMs ?? 0) < 0)).toEqual([]);
    timers.mockRestore();
    await app.close();
    await publisher.close();
    process.off('warning', onWarning);
    expect(warnings.filter((name) => name === 'TimeoutNegativeWarning')).toEqual([]);
  });

  test('a socket that died in the middle of an answer leaves nothing of it to the next socket', async () => {
    const prototype = Connection.prototype;
    const half = Buffer.from([0, 0, 1, 0, 42]);
    const connection = Object.assign(Object.create(prototype) as Connection, {
      chunks: [half],
      bytesBuffered: half.length,
      bytesNeeded: 260,
      isConnected: () => false,
      logDebug: () => undefined,
      logError: () => undefined,
      rejectRequests: () => undefined,
      disconnect: () => Promise.resolve(),
      connectionTimeout: 1,
      socketFactory: () => {
        throw new Error('no socket in this test');
      },
    });
    await expect(connection.connect()).rejects.toThrow('no socket in this test');
    expect(connection).toMatchObject({ chunks: [], bytesBuffered: 0, bytesNeeded: 4 });
  });

  test('closing an idle consumer takes well under a second', async () => {
    const { app, transport } = await consumeEach(settings, contract, group, () => undefined);
    await until(() => transport.describe().groups[0]?.state === 'member', 'the group is joined');
    const beganMs = performance.now();
    await app.close();
    expect(performance.now() - beganMs).toBeLessThan(1_500);
  });
});
