import { randomUUID } from 'node:crypto';
import { type PayloadOf, deviceStateV1 } from '@myelin/contracts';
import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';

export type DeviceState = PayloadOf<typeof deviceStateV1>;

/** The newest state of every device, kept in memory: the whole compacted topic from its beginning, then every change. */
export class DeviceTable {
  private readonly entries = new Map<string, { readonly version: number; readonly state: DeviceState | undefined }>();

  private constructor(private readonly consumer: Consumer) {}

  /** Resolves when everything that was there at the start has been read. The group is this process's own and commits nothing. */
  static async follow(kafka: Kafka, groupPrefix: string): Promise<DeviceTable> {
    const topic = deviceStateV1.topic.name;
    const consumer = kafka.consumer({ groupId: `${groupPrefix}.table.${randomUUID()}`, maxWaitTimeInMs: 500 });
    const table = new DeviceTable(consumer);
    const unread = await endOffsets(kafka, topic);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      if (unread.size === 0) resolve();
      consumer.on('consumer.crash', ({ payload }) => {
        if (!payload.restart) reject(payload.error); // otherwise kafkajs joins again by itself
      });
      const eachBatch = async ({
        batch,
      }: {
        batch: { partition: number; messages: KafkaMessage[] };
      }): Promise<void> => {
        for (const message of batch.messages) table.apply(message);
        const end = unread.get(batch.partition);
        const last = batch.messages.at(-1);
        if (end !== undefined && last !== undefined && BigInt(last.offset) + 1n >= end) unread.delete(batch.partition);
        if (unread.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
    return table;
  }

  /** @param key `<tenant>/<device>` */
  find(key: string): DeviceState | undefined {
    return this.entries.get(key)?.state;
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
  }

  /** The version stands in a header, because a tombstone has no body; what is older than what is held is dropped. */
  private apply(message: KafkaMessage): void {
    const key = message.key?.toString() ?? '';
    const version = Number(message.headers?.['myelin-version']?.toString() ?? 'NaN');
    if (!(version > (this.entries.get(key)?.version ?? -1))) return;
    if (message.value === null) {
      this.entries.set(key, { version, state: undefined });
      return;
    }
    const outcome = deviceStateV1.tolerant(JSON.parse(message.value.toString()));
    if (outcome.ok) this.entries.set(key, { version, state: outcome.value });
  }
}

/** Partitions that hold something, and where they end now. */
async function endOffsets(kafka: Kafka, topic: string): Promise<Map<number, bigint>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const partitions = await admin.fetchTopicOffsets(topic);
    const holding = partitions.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(holding.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}
