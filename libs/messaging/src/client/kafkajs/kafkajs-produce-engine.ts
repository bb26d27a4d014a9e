import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import type { BrokerFault, ProduceBatch, ProduceEngine, ProducerIdentity } from '../port.js';
import { BrokerSet } from './broker-set.js';
import { newProducerId } from './new-producer-id.js';
import { produceOutcomes } from './produce-outcomes.js';

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

export class KafkaJsProduceEngine implements ProduceEngine {
  readonly name = 'kafkajs';
  private readonly brokers: BrokerSet;

  constructor(
    private readonly settings: KafkaSettings,
    logger: MessagingLogger | undefined,
  ) {
    this.brokers = new BrokerSet(settings, logger);
  }

  connect(): Promise<void> {
    return this.brokers.refresh();
  }

  leaders(topic: string): readonly number[] | undefined {
    return this.brokers.leaders(topic);
  }

  refresh(topics?: readonly string[]): Promise<void> {
    return this.brokers.refresh(topics);
  }

  newProducer(): Promise<ProducerIdentity> {
    return newProducerId(this.brokers);
  }

  async produce(
    leader: number,
    producer: ProducerIdentity,
    batches: readonly ProduceBatch[],
  ): Promise<readonly (BrokerFault | undefined)[]> {
    const answer = (await this.brokers.call(leader, 'Produce', {
      acks: -1,
      timeout: this.settings.requestTimeoutMs ?? 30_000,
      producerId: producer.id,
      producerEpoch: producer.epoch,
      topicData: topicData(batches),
    })) as ProduceAnswer;
    const answered = answer.topics.flatMap(({ topicName: topic, partitions }) =>
      partitions.map(({ partition, errorCode }) => ({ topic, partition, errorCode })),
    );
    return produceOutcomes(batches, answered);
  }

  close(): Promise<void> {
    return this.brokers.close();
  }
}

function topicData(batches: readonly ProduceBatch[]): object[] {
  const byTopic = new Map<string, object[]>();
  for (const { topic, partition, firstSequence, records } of batches) {
    const partitions = byTopic.get(topic) ?? [];
    byTopic.set(topic, partitions);
    const messages = records.map(({ key, value, headers, timestampMs }) => ({
      key,
      value,
      headers,
      timestamp: timestampMs,
    }));
    partitions.push({ partition, firstSequence, messages });
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}
