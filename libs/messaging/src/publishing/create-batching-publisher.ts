import type { ProduceEngine } from '../client/port.js';
import { type KafkaSettings, type MessagingLogger } from '../settings.js';
import type { BatchingOptions } from './batching-options.js';
import { BatchingPublisher } from './batching-publisher.js';
import type { StreamPublisherOptions } from './stream-publisher.js';

export type CreateProduceEngine = (settings: KafkaSettings, logger: MessagingLogger) => ProduceEngine;

/** The options of a stream publisher with their defaults, on any engine. */
export function createBatchingPublisher(
  createEngine: CreateProduceEngine,
  settings: KafkaSettings,
  options: Omit<StreamPublisherOptions, 'engine'> & Partial<Pick<BatchingOptions, 'refusedHoldsKey'>>,
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
    refusedHoldsKey: options.refusedHoldsKey ?? false,
  };
  // An answer that comes after the delivery time is of no use, and no batch behind it may leave before it.
  const requestTimeoutMs = Math.min(settings.requestTimeoutMs ?? 30_000, batching.deliveryTimeoutMs);
  const engine = createEngine({ ...settings, requestTimeoutMs }, logger);
  return new BatchingPublisher(engine, settings.namespace, batching, logger);
}
