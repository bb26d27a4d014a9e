import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { measurementReportedV1 } from '@myelin/contracts';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Consumes,
  type EventBatch,
  KafkaTransport,
  type KafkaTransportOptions,
  type ReceivedRecord,
  createKafkaAdmin,
  createRecordPublisher,
  topicPlans,
} from '@myelin/messaging';
import { consumeBatches } from '../src/index.js';
import { type Noted, note, notedEvent } from '../src/index.js';
import { brokers, quietLogger, randomNamespace, until } from './broker.fixture.js';

const notedV1 = notedEvent('noted', { 'telemetry.batches': 'park', 'telemetry.each': 'park' });

const settings = { brokers, clientId: 'consumes-test', namespace: randomNamespace() };
const admin = createKafkaAdmin(settings);
const publisher = createRecordPublisher(settings, quietLogger);
const batches: EventBatch<Noted>[] = [];
const seen: number[] = [];

@Controller()
class NotedConsumer {
  @Consumes(notedV1, { group: 'telemetry.batches', mode: 'batch' })
  takeBatch(batch: EventBatch<Noted>): Promise<void> {
    batches.push(batch);
    return Promise.resolve();
  }

  @Consumes([notedV1], { group: 'telemetry.each', mode: 'each' })
  takeEach(record: ReceivedRecord<Noted>): void {
    seen.push(record.payload()?.atMs ?? -1);
  }
}

@Module({ controllers: [NotedConsumer] })
class TestModule {}

const fast: Omit<KafkaTransportOptions, 'settings' | 'logger'> = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 300,
  commitIntervalMs: 50,
};

let app: INestMicroservice;
const transport = new KafkaTransport({ settings, logger: quietLogger, ...fast });

beforeAll(async () => {
  await admin.ensureTopics(topicPlans([notedV1]), { replicationFactor: 1 });
  await publisher.connect();
  app = await NestFactory.createMicroservice(TestModule, { strategy: transport, logger: false });
  await app.listen();
});

afterAll(async () => {
  await app?.close();
  await publisher.close();
  await admin.deleteTopics(await admin.listTopics());
  await admin.deleteGroups(await admin.listGroups());
  await admin.close();
});

const noted = (number: number, key = `acme/d${number % 5}`) => note(notedV1, number, key);

describe('a controller with @Consumes', () => {
  test('gets every record, in batches and one by one, and everything is committed', async () => {
    await publisher.send(Array.from({ length: 300 }, (_, number) => noted(number)));
    await until(() => seen.length === 300, 'every record arrives one by one');
    await until(() => batches.flatMap(({ records }) => records).length === 300, 'every record arrives in batches');
    for (const group of ['telemetry.batches', 'telemetry.each']) {
      await until(async () => {
        const lags = await admin.lag(group);
        return lags.length > 0 && lags.every(({ lag }) => lag === 0n);
      }, `${group} has committed everything`);
    }
    expect(new Set(seen).size).toBe(300);
  });

  test('parks what cannot be decoded, and goes on', async () => {
    const before = seen.length;
    const broken = { ...noted(1_000), value: Buffer.from('{') };
    await publisher.send([broken, noted(1_001)]);
    await until(() => seen.length === before + 1, 'the record behind arrives');
    await until(async () => {
      const ranges = await admin.topicOffsets(`${notedV1.topic.name}.dlq.telemetry.each`);
      return [...ranges.values()].reduce((sum, { high }) => sum + high, 0n) === 1n;
    }, 'the dead letter is written');
  });

  test('belongs to every consumer group that exists on the broker', async () => {
    const groups = (await admin.listGroups()).filter((group) => !group.startsWith('private.'));
    expect(groups.sort()).toEqual([...transport.groups()].sort());
  });
});

describe('closing', () => {
  test('finishes and commits the work in hand, and does not wait for a handler beyond the deadline', async () => {
    const contract = notedEvent('closing', { 'telemetry.closing': 'park' }, 1);
    await admin.ensureTopics(topicPlans([contract]), { replicationFactor: 1 });
    await publisher.send([1, 2, 3].map((number) => note(contract, number)));
    const stuck = new Promise<void>(() => undefined);
    const begun: number[] = [];
    const signals: AbortSignal[] = [];
    const member = await consumeBatches(
      settings,
      contract,
      'telemetry.closing',
      ({ records, signal }) => {
        signals.push(signal);
        begun.push(...records.map(({ offset }) => Number(offset)));
        return begun.length > 1 ? stuck : undefined;
      },
      { maxBatchRecords: 1 },
    );
    await until(() => begun.length === 2, 'the second record is in hand');
    const beganMs = performance.now();
    await member.transport.close(1_500);
    expect(performance.now() - beganMs).toBeLessThan(2_500);
    expect(signals.at(-1)?.aborted).toBe(true);
    await member.app.close();
    expect((await admin.groupOffsets('telemetry.closing')).get(contract.topic.name)?.get(0)).toBe(1n);
    expect(begun).toEqual([0, 1]);
  });
});

describe('declarations', () => {
  test('a group that the contract does not name is refused when the application starts', async () => {
    @Controller()
    class Stranger {
      @Consumes(measurementReportedV1, { group: 'nobody.declared-this', mode: 'each' })
      take(): void {
        throw new Error('never called');
      }
    }
    @Module({ controllers: [Stranger] })
    class StrangerModule {}
    const strategy = new KafkaTransport({ settings, logger: quietLogger });
    const stranger = await NestFactory.createMicroservice(StrangerModule, { strategy, logger: false });
    await expect(stranger.listen()).rejects.toMatchObject({ code: 'messaging.misconfigured' });
  });
});
