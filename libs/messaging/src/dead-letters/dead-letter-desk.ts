import type { KafkaSettings } from '../settings.js';
import type { DeadLetter, DeadLetterQuery } from './dead-letter.js';

/** Oldest first per partition. */
export function listDeadLetters(_settings: KafkaSettings, _query: DeadLetterQuery): Promise<DeadLetter[]> {
  throw new Error('not there yet');
}

export function replayDeadLetters(_settings: KafkaSettings, _query: DeadLetterQuery): Promise<{ replayed: number }> {
  throw new Error('not there yet');
}
