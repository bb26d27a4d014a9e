import { type KafkaSettings, type MessagingLogger, createKafkaAdmin, partitionOfKey } from '@myelin/messaging';
import type { EvaluationSettings } from './evaluate-rules.handler.js';

/** By the topic's partitions as they are when it is asked. */
export function placingBy(kafka: KafkaSettings, logger: MessagingLogger): EvaluationSettings['placing'] {
  return async (topic) => {
    const admin = createKafkaAdmin(kafka, logger);
    try {
      const { size } = await admin.partitionLeaders(topic);
      return { partitions: size, partitionOf: (key) => partitionOfKey(key, size) };
    } finally {
      await admin.close();
    }
  };
}
