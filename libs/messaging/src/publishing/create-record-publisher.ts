import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { RecordPublisher } from './record-publisher.js';

export function createRecordPublisher(_settings: KafkaSettings, _logger: MessagingLogger): RecordPublisher {
  throw new Error('not there yet');
}
