import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  deadLetterTopicName,
  deviceCredentialsV1,
  deviceStateV1,
  events,
  gatewayTickedV1,
  measurementReportedV1,
} from '@myelin/contracts';
import {
  createKafkaAdmin,
  createRecordPublisher,
  encodeEvent,
  topicPlans,
  type RecordPublisher,
} from '@myelin/messaging';
import { silentLogger } from '@myelin/observability';
import { aDeviceState, aMeasurement, type SpawnedService, spawnService, waitFor } from '@myelin/testing';
import { Kafka, logLevel } from 'kafkajs';
import { foreignProject, type ForeignProject } from './foreign-project.js';
import { type GuardedKafka, grantAsTheGuideSays, startGuardedKafka } from './guarded-kafka.js';

const group = 'plant-analytics.heat-log';
const deadLetters = deadLetterTopicName(measurementReportedV1.topic.name, group);
const password = 'only-for-this-test';

let kafka: GuardedKafka;
let project: ForeignProject;
let publisher: RecordPublisher;
let running: SpawnedService | undefined;

beforeAll(async () => {
  [kafka, project] = await Promise.all([
    startGuardedKafka({ heatlog: password }),
    Promise.resolve().then(() => foreignProject()),
  ]);
  const settings = { brokers: [kafka.openBroker], clientId: 'test' };
  const admin = createKafkaAdmin(settings);
  const ours = topicPlans(events).map((plan) => ({ ...plan, partitions: 3 }));
  const theirs = { name: deadLetters, partitions: 3, config: { 'retention.ms': '1209600000' } };
  await admin.ensureTopics([...ours, theirs], { replicationFactor: 1 });
  await admin.close();
  await grantAsTheGuideSays(kafka.openBroker);
  publisher = createRecordPublisher(settings, silentLogger);
  await publisher.connect();
}, 120_000);

afterAll(async () => {
  await running?.stop();
  await publisher?.close();
  await kafka?.stop();
  project?.dispose();
}, 60_000);

async function startSample(file: string): Promise<SpawnedService> {
  running = await spawnService(
    project.entry,
    {
      KAFKA_BROKERS: kafka.guardedBroker,
      KAFKA_USERNAME: 'heatlog',
      KAFKA_PASSWORD: password,
      CONSUMER_GROUP: group,
      HEAT_LOG: join(project.folder, file),
    },
    { nodeArgs: [], readyLine: /"reading"/, readyTimeoutMs: 60_000 },
  );
  return running;
}

interface Line {
  readonly device: string;
  readonly temperature: number;
  readonly site: string | null;
}

function linesOf(file: string): Line[] {
  const path = join(project.folder, file);
  if (!existsSync(path)) return [];
  const complete = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return complete.map((line) => JSON.parse(line) as Line);
}

function report(device: string, temperature: number): ReturnType<typeof encodeEvent> {
  const payload = aMeasurement({ values: { temperature } });
  return encodeEvent({ contract: measurementReportedV1, key: `acme/${device}`, payload }, '/gateways/test');
}

test('the sample compiles against nothing but the packed contracts and public packages', () => {
  expect(project.complaints).toBe('');
});

test('the packed contracts hold the AsyncAPI document of this version', () => {
  const packed = readFileSync(join(project.folder, 'node_modules/@myelin/contracts/asyncapi.json'), 'utf8');
  expect(packed).toBe(readFileSync(new URL('../../../generated/asyncapi.json', import.meta.url), 'utf8'));
});

test('every hot measurement is written once with its site, whatever is killed and sent twice; poison is parked', async () => {
  const file = 'heat.ndjson';
  const state = aDeviceState({ device: 'oven-1', site: 'plant-9', version: 4 });
  const older = aDeviceState({ device: 'oven-1', site: 'plant-1', version: 3 });
  const states = [state, older].map((payload) =>
    encodeEvent({ contract: deviceStateV1, key: 'acme/oven-1', payload, version: payload.version }, '/device-registry'),
  );
  const gone = encodeEvent(
    { contract: deviceStateV1, key: 'acme/oven-2', payload: null, version: 9 },
    '/device-registry',
  );
  await publisher.send([...states, gone]);
  const tick = encodeEvent(
    { contract: gatewayTickedV1, key: gatewayTickedV1.exampleKey, payload: gatewayTickedV1.example },
    '/gateways/test',
  );
  const poison = { ...report('oven-1', 90), value: Buffer.from('{"values":{}}') };
  const hot = Array.from({ length: 300 }, (_, index) => report(`oven-${1 + (index % 3)}`, 81 + index));
  await publisher.send([tick, ...hot.slice(0, 100), poison, ...hot.slice(0, 20), report('oven-1', 20)]);

  const first = await startSample(file);
  await waitFor(() => linesOf(file).length > 0, { timeoutMs: 30_000, what: 'a first line' });
  first.kill('SIGKILL');
  await first.exit();
  await publisher.send(hot.slice(100));
  await startSample(file);
  await waitFor(() => linesOf(file).length >= hot.length, { timeoutMs: 60_000, what: 'all lines' });

  const lines = linesOf(file);
  expect(lines.map(({ temperature }) => temperature).sort((a, b) => a - b)).toEqual(hot.map((_, index) => 81 + index));
  expect(new Set(lines.filter(({ device }) => device === 'acme/oven-1').map(({ site }) => site))).toEqual(
    new Set(['plant-9']),
  );
  expect(new Set(lines.filter(({ device }) => device !== 'acme/oven-1').map(({ site }) => site))).toEqual(
    new Set([null]),
  );
  const parked = await read(kafka.openBroker, deadLetters, 1);
  expect(parked).toEqual([
    {
      value: '{"values":{}}',
      reason: expect.stringContaining('values') as unknown,
      group,
      type: measurementReportedV1.type,
    },
  ]);
}, 180_000);

test('the rights that the guide grants end there: credentials cannot be read, measurements cannot be written', async () => {
  const client = new Kafka({
    clientId: 'heatlog',
    brokers: [kafka.guardedBroker],
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'plain', username: 'heatlog', password },
    retry: { retries: 0 },
  });
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const forbidden = { topic: measurementReportedV1.topic.name, messages: [{ key: 'acme/oven-1', value: '{}' }] };
  await expect(producer.send(forbidden)).rejects.toMatchObject({ message: expect.stringMatching(/authoriz/i) });
  await producer.disconnect();
  const admin = client.admin();
  await admin.connect();
  await expect(admin.fetchTopicOffsets(deviceCredentialsV1.topic.name)).rejects.toMatchObject({
    message: expect.stringMatching(/authoriz/i),
  });
  await admin.disconnect();
});

async function read(broker: string, topic: string, count: number): Promise<object[]> {
  const consumer = new Kafka({ clientId: 'test', brokers: [broker], logLevel: logLevel.NOTHING }).consumer({
    groupId: 'test.dead-letters',
  });
  const found: object[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message: { value, headers } }) => {
      const header = (name: string): string | undefined => headers?.[name]?.toString();
      found.push({
        value: value?.toString(),
        reason: header('dlq-error-message'),
        group: header('dlq-consumer-group'),
        type: header('ce_type'),
      });
    },
  });
  await waitFor(() => found.length >= count, { timeoutMs: 30_000, what: 'the dead letters' });
  await consumer.disconnect();
  return found;
}
