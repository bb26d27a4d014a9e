import type { EventContract } from '@myelin/contracts';
import { Controller, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Consumes,
  type EventBatch,
  KafkaTransport,
  type KafkaSettings,
  type KafkaTransportOptions,
  type PositionStore,
  type ReceivedRecord,
} from '@myelin/messaging';
import { quietLogger } from './quiet-logger.js';
import type { Noted } from './noted-event.js';

export interface ConsumerApp {
  readonly app: INestMicroservice;
  readonly transport: KafkaTransport;
}

/** Short times, so that tests see in seconds what takes minutes otherwise. 6 s is the least that a broker allows. */
export const fastTimes = {
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 10_000,
  commitIntervalMs: 50,
  retry: { initialMs: 50, maxMs: 500 },
} satisfies Partial<KafkaTransportOptions>;

type Options = Partial<Omit<KafkaTransportOptions, 'settings'>>;

/** A Nest application with one handler that takes records one by one. */
export function consumeEach(
  settings: KafkaSettings,
  contract: EventContract<Noted>,
  group: string,
  handle: (record: ReceivedRecord<Noted>) => Promise<void> | void,
  options: Options = {},
): Promise<ConsumerApp> {
  @Controller()
  class EachConsumer {
    @Consumes(contract, { group, mode: 'each' })
    take(record: ReceivedRecord<Noted>): Promise<void> | void {
      return handle(record);
    }
  }
  return start(EachConsumer, settings, options);
}

/** A Nest application with one handler that takes batches. */
export function consumeBatches(
  settings: KafkaSettings,
  contract: EventContract<Noted>,
  group: string,
  handle: (batch: EventBatch<Noted>) => Promise<void> | void,
  options: Options = {},
): Promise<ConsumerApp> {
  @Controller()
  class BatchConsumer {
    @Consumes(contract, { group, mode: 'batch' })
    take(batch: EventBatch<Noted>): Promise<void> | void {
      return handle(batch);
    }
  }
  return start(BatchConsumer, settings, options);
}

/** The same, for a handler that keeps its positions itself. */
export function consumeStored(
  settings: KafkaSettings,
  contract: EventContract<Noted>,
  group: string,
  positions: new () => PositionStore,
  handle: (batch: EventBatch<Noted>) => Promise<void> | void,
  options: Options = {},
): Promise<ConsumerApp> {
  @Controller()
  class StoringConsumer {
    @Consumes(contract, { group, mode: 'batch', positions })
    take(batch: EventBatch<Noted>): Promise<void> | void {
      return handle(batch);
    }
  }
  return start(StoringConsumer, settings, options, [positions]);
}

async function start(
  controller: new () => object,
  settings: KafkaSettings,
  options: Options,
  providers: (new () => object)[] = [],
): Promise<ConsumerApp> {
  @Module({ controllers: [controller], providers })
  class ConsumerModule {}
  const transport = new KafkaTransport({ settings, logger: quietLogger, ...fastTimes, ...options });
  const app = await NestFactory.createMicroservice(ConsumerModule, { strategy: transport, logger: false });
  await app.listen();
  return { app, transport };
}
