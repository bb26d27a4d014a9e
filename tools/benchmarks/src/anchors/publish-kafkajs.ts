import { type EncodedRecord } from '@myelin/messaging';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { serveProgram } from '../harness/program.js';
import { type PublishWork, sendAll } from '../programs/sample-records.js';

let producer: Producer;

/** What a service would write by hand: kafkajs's `send`, acknowledged by all replicas. */
serveProgram({
  connect: async ({ brokers }: { readonly brokers: readonly string[] }) => {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'anchor', logLevel: logLevel.NOTHING });
    producer = kafka.producer();
    await producer.connect();
  },
  run: (work: PublishWork) => sendAll(work, send),
});

function send(records: readonly EncodedRecord[]): Promise<unknown> {
  const [first] = records;
  const messages = records.map(({ key, value, headers, timestampMs }) => ({
    ...{ key, value, headers },
    timestamp: String(timestampMs),
  }));
  return producer.send({ topic: first?.topic ?? '', acks: -1, messages });
}
