import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createKafkaAdmin, createRecordPublisher, topicPlans } from '@myelin/messaging';
import { brokers, quietLogger, randomNamespace, until } from './broker.fixture.js';
import { consumeEach, note, notedEvent } from '../src/index.js';

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

describe('idle connections', () => {
  test('neither warn of negative timeouts nor wake all the time', async () => {
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

  test('closing an idle consumer takes well under a second', async () => {
    const { app, transport } = await consumeEach(settings, contract, group, () => undefined);
    await until(() => transport.describe().groups[0]?.state === 'member', 'the group is joined');
    const beganMs = performance.now();
    await app.close();
    expect(performance.now() - beganMs).toBeLessThan(1_500);
  });
});
