import { type EncodedRecord } from '@myelin/messaging';
import { ProduceAcks, Producer } from '@platformatic/kafka';
import { serveProgram } from '../harness/program.js';
import { type PublishWork, sendAll } from '../programs/sample-records.js';

let producer: Producer;

/** The `send` of @platformatic/kafka, as its documentation shows it. */
serveProgram({
  connect: ({ brokers }: { readonly brokers: readonly string[] }) => {
    producer = new Producer({ clientId: 'anchor', bootstrapBrokers: [...brokers] });
  },
  run: (work: PublishWork) => sendAll(work, send),
});

const bytes = (value: string | Buffer): Buffer => (typeof value === 'string' ? Buffer.from(value) : value);

function send(records: readonly EncodedRecord[]): Promise<unknown> {
  const messages = records.map(({ topic, key, value, headers, timestampMs }) => ({
    ...{ topic, key: bytes(key), value: value ?? Buffer.alloc(0), timestamp: BigInt(timestampMs ?? 0) },
    headers: new Map(Object.entries(headers).map(([name, header]) => [bytes(name), bytes(header)])),
  }));
  return producer.send({ messages, acks: ProduceAcks.ALL });
}
