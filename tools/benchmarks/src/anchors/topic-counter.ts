import { measurementReportedV1 } from '@myelin/contracts';
import { headerNames } from '@myelin/messaging';
import { Kafka, logLevel } from 'kafkajs';
import { serveProgram } from '../harness/program.js';

const topic = measurementReportedV1.topic.name;
let measurements = 0;
let records = 0;
const positions = new Map<number, bigint>();

/** Reads the telemetry topic by itself, so that what is counted as written was read back by somebody else's client. */
async function start({ brokers }: { readonly brokers: readonly string[] }): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'topic-counter', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `topic-counter-${process.pid}`, maxWaitTimeInMs: 200 });
  const admin = kafka.admin();
  await Promise.all([consumer.connect(), admin.connect()]);
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { value, headers } of batch.messages) {
        if (String(headers?.[headerNames.type]) !== measurementReportedV1.type || value === null) continue;
        const body = JSON.parse(value.toString()) as unknown;
        records += 1;
        measurements += Array.isArray(body) ? body.length : 1;
      }
      positions.set(batch.partition, BigInt(batch.lastOffset()) + 1n);
    },
  });
  pause = () => consumer.pause([{ topic }]);
  resume = () => consumer.resume([{ topic }]);
  ends = () => admin.fetchTopicOffsets(topic);
}

let pause = (): void => undefined;
let resume = (): void => undefined;
let ends = async (): Promise<{ partition: number; high: string }[]> => [];

/** Reads to where the topic ends now, then rests: it shall not work while something is measured. */
async function count(): Promise<{ readonly measurements: number; readonly records: number }> {
  const targets = await ends();
  resume();
  const behind = (): boolean =>
    targets.some(({ partition, high }) => BigInt(high) > 0n && (positions.get(partition) ?? 0n) < BigInt(high));
  const giveUpAtMs = Date.now() + 120_000;
  while (behind()) {
    if (Date.now() > giveUpAtMs) throw new Error('the topic could not be read to its end');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  pause();
  return { measurements, records };
}

serveProgram({ start, count });
