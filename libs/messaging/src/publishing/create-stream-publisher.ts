import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { StreamPublisher, StreamPublisherOptions } from './stream-publisher.js';

export function createStreamPublisher(
  _settings: KafkaSettings,
  _options: StreamPublisherOptions,
  _logger: MessagingLogger,
): StreamPublisher {
  throw new Error('not there yet');
}
