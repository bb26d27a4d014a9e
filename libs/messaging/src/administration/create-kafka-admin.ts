import { KafkaJsAdmin } from '../client/kafkajs/kafkajs-admin.js';
import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { KafkaAdmin } from './kafka-admin.js';

/** Connects with the first call. Every call @throws MessagingError messaging.unavailable (retryable), messaging.refused */
export function createKafkaAdmin(settings: KafkaSettings, logger?: MessagingLogger): KafkaAdmin {
  return new KafkaJsAdmin(settings, logger);
}
