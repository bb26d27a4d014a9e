import { KafkaJsProduceEngine } from '../client/kafkajs/kafkajs-produce-engine.js';
import { PlatformaticProduceEngine } from '../client/platformatic/platformatic-produce-engine.js';
import type { ProduceEngine } from '../client/port.js';
import { type KafkaSettings, type MessagingLogger } from '../settings.js';
import { BatchingPublisher, type BatchingOptions } from './batching-publisher.js';
import type { StreamEngineName, StreamPublisher, StreamPublisherOptions } from './stream-publisher.js';

export const defaultStreamEngine: StreamEngineName = 'platformatic';

export function createStreamPublisher(
  settings: KafkaSettings,
  options: StreamPublisherOptions,
  logger: MessagingLogger,
): StreamPublisher {
  return createBatchingPublisher(settings, options, logger);
}

export function createBatchingPublisher(
  settings: KafkaSettings,
  options: StreamPublisherOptions,
  logger: MessagingLogger,
): BatchingPublisher {
  const batching: BatchingOptions = {
    lingerMs: options.lingerMs ?? 5,
    maxBatchBytes: options.maxBatchBytes ?? 262_144,
    maxBatchRecords: options.maxBatchRecords ?? 1_000,
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    maxQueuedRecords: options.maxQueuedRecords ?? 200_000,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 30_000,
    awayAfterMs: 1_000,
    connectTimeoutMs: settings.requestTimeoutMs ?? 30_000,
  };
  // An answer that comes after the delivery time is of no use, and no batch behind it may leave before it.
  const requestTimeoutMs = Math.min(settings.requestTimeoutMs ?? 30_000, batching.deliveryTimeoutMs);
  const engine = createEngine(options.engine ?? defaultStreamEngine, { ...settings, requestTimeoutMs }, logger);
  return new BatchingPublisher(engine, settings.namespace, batching, logger);
}

function createEngine(name: StreamEngineName, settings: KafkaSettings, logger: MessagingLogger): ProduceEngine {
  return name === 'kafkajs'
    ? new KafkaJsProduceEngine(settings, logger)
    : new PlatformaticProduceEngine(settings, logger);
}
