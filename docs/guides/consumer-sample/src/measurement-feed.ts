import { type PayloadOf, deadLetterTopicName, measurementReportedV1 } from '@myelin/contracts';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage, Producer } from 'kafkajs';

type Report = PayloadOf<typeof measurementReportedV1>;
type Reported = Exclude<Report, readonly unknown[]>;

export interface Measurement extends Omit<Reported, 'ts'> {
  /** `<tenant>/<device>` */
  readonly key: string;
  /** Device time; the time of receiving where the device gave none. Milliseconds since the epoch. */
  readonly ts: number;
}

export interface FeedOptions {
  readonly kafka: Kafka;
  /** `<team>.<feature>`: the consumer group, and the end of the dead-letter topic's name. */
  readonly group: string;
  /** May be called again with the same measurement. When it throws, the partition waits and tries again. */
  readonly handle: (measurement: Measurement) => Promise<void>;
  /** Default 2,000. */
  readonly retryAfterMs?: number;
}

const topic = measurementReportedV1.topic.name;

/** Reads every measurement at least once; what breaks the contract goes to the group's dead letters. */
export class MeasurementFeed {
  private readonly consumer: Consumer;
  private readonly producer: Producer;

  constructor(private readonly options: FeedOptions) {
    this.consumer = options.kafka.consumer({ groupId: options.group, maxWaitTimeInMs: 500 });
    this.producer = options.kafka.producer({ allowAutoTopicCreation: false });
  }

  /** @param onCrash called when nothing is read any more: end the process, so that it is started again */
  async start(onCrash: (error: Error) => void): Promise<void> {
    this.consumer.on('consumer.crash', ({ payload }) => {
      if (!payload.restart) onCrash(payload.error);
    });
    await this.producer.connect();
    await this.consumer.connect();
    // Without `fromBeginning` a position that has left the topic would be replaced by its end: silent loss.
    await this.consumer.subscribe({ topic, fromBeginning: true });
    // Only what was resolved is committed: an offset whose measurement was neither handled nor parked never is.
    await this.consumer.run({ eachBatchAutoResolve: false, eachBatch: (payload) => this.batch(payload) });
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }

  private async batch(delivery: EachBatchPayload): Promise<void> {
    const { batch } = delivery;
    for (const message of batch.messages) {
      if (!delivery.isRunning() || delivery.isStale()) return;
      const decoded = decode(message);
      if (decoded.kind === 'poison') await this.park(message, batch.partition, decoded.reason);
      else if (!(await this.handled(decoded.measurements))) {
        setTimeout(delivery.pause(), this.options.retryAfterMs ?? 2_000);
        return;
      }
      delivery.resolveOffset(message.offset);
      await delivery.heartbeat();
    }
  }

  private async handled(measurements: readonly Measurement[]): Promise<boolean> {
    try {
      for (const measurement of measurements) await this.options.handle(measurement);
      return true;
    } catch (error) {
      console.error(JSON.stringify({ message: 'a measurement waits', reason: String(error) }));
      return false;
    }
  }

  /** The original record with the reason; when it cannot be written, this throws and nothing is resolved. */
  private async park(message: KafkaMessage, partition: number, reason: string): Promise<void> {
    const headers = {
      ...message.headers,
      'dlq-original-topic': topic,
      'dlq-original-partition': String(partition),
      'dlq-original-offset': message.offset,
      'dlq-consumer-group': this.options.group,
      'dlq-error-message': reason,
    };
    const deadLetter = { key: message.key, value: message.value, headers, partition };
    await this.producer.send({ topic: deadLetterTopicName(topic, this.options.group), messages: [deadLetter] });
  }
}

type Decoded =
  { readonly kind: 'poison'; readonly reason: string } | { readonly kind: 'ok'; readonly measurements: Measurement[] };

function decode(message: KafkaMessage): Decoded {
  // A topic may carry several events: the gateways' ticks stand between the measurements.
  if (message.headers?.['ce_type']?.toString() !== measurementReportedV1.type) return { kind: 'ok', measurements: [] };
  let body: unknown;
  try {
    body = JSON.parse(message.value?.toString() ?? '');
  } catch {
    return { kind: 'poison', reason: 'the value is not JSON' };
  }
  // Tolerant: a newer producer may add members, and this consumer goes on.
  const outcome = measurementReportedV1.tolerant(body);
  if (!outcome.ok) {
    const { pointer, message: rule } = outcome.faults[0] ?? { pointer: '', message: 'breaks the contract' };
    return { kind: 'poison', reason: `${pointer} ${rule}` };
  }
  const reported: readonly Reported[] = Array.isArray(outcome.value) ? outcome.value : [outcome.value as Reported];
  const key = message.key?.toString() ?? '';
  return {
    kind: 'ok',
    measurements: reported.map((one) => ({ ...one, key, ts: one.ts ?? Number(message.timestamp) })),
  };
}
