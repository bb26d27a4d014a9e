import { KafkaJsProduceEngine } from '../client/kafkajs/kafkajs-produce-engine.js';
import type { EncodedRecord } from '../encoding/encoded-record.js';
import { MessagingError } from '../messaging.errors.js';
import type { KafkaSettings, MessagingLogger } from '../settings.js';
import type { BatchingPublisher } from './batching-publisher.js';
import { type CreateProduceEngine, createBatchingPublisher } from './create-batching-publisher.js';
import type { RecordPublisher } from './record-publisher.js';
import type { Settled } from './stream-publisher.js';

/** Always on kafkajs. Records leave at once; calls that overlap share requests. */
export function createRecordPublisher(settings: KafkaSettings, logger: MessagingLogger): RecordPublisher {
  const options = { lingerMs: 0, refusedHoldsKey: true };
  return new PromisingPublisher(createBatchingPublisher(createEngine, settings, options, logger));
}

const createEngine: CreateProduceEngine = (settings, logger) => new KafkaJsProduceEngine(settings, logger);

class PromisingPublisher implements RecordPublisher {
  /** Calls append their records in the order in which they were made. */
  private turns: Promise<void> = Promise.resolve();

  constructor(private readonly publisher: BatchingPublisher) {}

  connect(): Promise<void> {
    return this.publisher.connect();
  }

  async send(records: readonly EncodedRecord[]): Promise<void> {
    if (records.length === 0) return;
    const turn = this.turns.then(() => this.learnTopics(records));
    this.turns = turn.catch(() => undefined);
    await turn;
    await this.sendInTurn(records);
  }

  private async learnTopics(records: readonly EncodedRecord[]): Promise<void> {
    for (const topic of new Set(records.map((record) => record.topic))) await this.publisher.learn(topic);
  }

  private sendInTurn(records: readonly EncodedRecord[]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let open = records.length;
      let failure: MessagingError | undefined;
      const settled = (error: MessagingError | undefined): void => {
        failure ??= error;
        open -= 1;
        if (open > 0) return;
        if (failure) reject(failure);
        else resolve();
      };
      for (const record of records) {
        const refused = this.append(record, settled);
        if (refused === undefined) continue;
        // Nothing may overtake a record that was not taken: the rest is not tried.
        failure ??= refused;
        open -= records.length - records.indexOf(record) - 1;
        settled(refused);
        break;
      }
    });
  }

  close(): Promise<void> {
    return this.publisher.close();
  }

  private append(record: EncodedRecord, settled: Settled): MessagingError | undefined {
    try {
      return this.publisher.append(record, settled) ? undefined : refusal(this.publisher);
    } catch (error) {
      return error as MessagingError;
    }
  }
}

function refusal({ health: { state } }: BatchingPublisher): MessagingError {
  if (state === 'closed') return MessagingError.retryable('messaging.closed', 'the publisher is closed');
  if (state === 'away') return MessagingError.retryable('messaging.unavailable', 'the broker is away');
  return MessagingError.retryable('messaging.full', 'the queue of the publisher is full');
}
