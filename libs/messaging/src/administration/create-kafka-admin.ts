import type { KafkaSettings } from '../settings.js';
import type { KafkaAdmin } from './kafka-admin.js';

export function createKafkaAdmin(_settings: KafkaSettings): KafkaAdmin {
  throw new Error('not there yet');
}
