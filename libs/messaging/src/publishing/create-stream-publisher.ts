import { KafkaJsProduceEngine } from '../client/kafkajs/kafkajs-produce-engine.js';
import { PlatformaticProduceEngine } from '../client/platformatic/platformatic-produce-engine.js';
import type { KafkaSettings, MessagingLogger } from '../settings.js';
import { type CreateProduceEngine, createBatchingPublisher } from './create-batching-publisher.js';
import type { StreamEngineName, StreamPublisher, StreamPublisherOptions } from './stream-publisher.js';

const engines: Record<StreamEngineName, CreateProduceEngine> = {
  kafkajs: (settings, logger) => new KafkaJsProduceEngine(settings, logger),
  platformatic: (settings, logger) => new PlatformaticProduceEngine(settings, logger),
};

export function createStreamPublisher(
  settings: KafkaSettings,
  { engine = 'platformatic', ...options }: StreamPublisherOptions,
  logger: MessagingLogger,
): StreamPublisher {
  return createBatchingPublisher(engines[engine], settings, options, logger);
}
