import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EventContract, events, updateStateV1 } from '@myelin/contracts';
import { createKafkaAdmin, topicPlans } from '@myelin/messaging';
import { OwnKafka, waitFor } from '@myelin/testing';
import { DeviceClient, RegistryWriter } from './devices-fixture.js';
import { type FirmwareFixture, startFixture } from './firmware-fixture.js';

const namespace = 'away';
let kafka: OwnKafka;
let fixture: FirmwareFixture;

beforeAll(async () => {
  kafka = await OwnKafka.away();
  fixture = await startFixture({ KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_NAMESPACE: namespace });
}, 120_000);
afterAll(async () => {
  await fixture?.dispose();
  await kafka?.[Symbol.asyncDispose]();
}, 60_000);

const settings = (): { brokers: string[]; clientId: string; namespace: string } => ({
  ...{ brokers: kafka.brokers, clientId: 'test', namespace },
});

async function makeTopics(contracts: readonly EventContract<unknown>[]): Promise<void> {
  const admin = createKafkaAdmin(settings());
  const plans = topicPlans(contracts).map((plan) => ({ ...plan, partitions: 1 }));
  await admin.ensureTopics(plans, { replicationFactor: 1 });
  await admin.close();
}

async function ask(name: 'startup' | 'ready'): Promise<readonly [status: number, text: string]> {
  const response = await fetch(`${fixture.service.url}/health/${name}`);
  return [response.status, await response.text()];
}

const statuses = async (): Promise<number[]> => [(await ask('startup'))[0], (await ask('ready'))[0]];

test('an instance is not ready before it knows devices, though operators are answered; once ready, it stays so and serves them without Kafka', async () => {
  const operator = await fixture.as('acme');
  const [status, startup] = await ask('startup');
  expect([status, JSON.parse(startup)]).toEqual([503, { status: 'starting', waitsFor: ['device-edge'] }]);
  expect((await operator.get('/v1/rollouts')).status).toBe(200);

  await kafka.start();
  await makeTopics(events.filter((contract) => contract.name !== updateStateV1.name));
  const registry = await RegistryWriter.connect(settings());
  await registry.tenant('acme');
  const device = new DeviceClient(fixture.service.url, await registry.device('acme', 'one'));
  await registry.close();
  expect(await statuses()).toEqual([503, 503]);
  expect((await device.poll()).status).toBe(503);

  await makeTopics(events);
  const isReady = async (): Promise<boolean> => (await ask('ready'))[0] === 200;
  await waitFor(isReady, { what: 'readiness', timeoutMs: 60_000 });
  expect((await device.poll()).status).not.toBe(503);
  await waitFor(async () => (await device.poll()).status === 200, { what: 'the device', timeoutMs: 60_000 });
  // Its consumers join in their own time.
  const isConsuming = async (): Promise<boolean> => !(await ask('ready'))[1].includes('"healthy":false');
  await waitFor(isConsuming, { what: 'every check to pass', timeoutMs: 60_000 });
  expect(await statuses()).toEqual([200, 200]);

  await kafka.stop();
  await waitFor(async () => !(await isConsuming()), { what: 'readiness to show the outage', timeoutMs: 60_000 });
  expect(await statuses()).toEqual([200, 200]);
  expect((await device.poll()).status).toBe(200);
}, 240_000);
