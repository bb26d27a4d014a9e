import { exchange } from '../network/exchange.js';

export interface ClusterView {
  /** Ids of the brokers that this broker knows to be serving. */
  readonly brokerIds: readonly number[];
  /** -1 while there is none. */
  readonly controllerId: number;
}

const correlationId = 7;

/** Metadata request v1 (Kafka protocol guide, api key 3) without topics. */
function metadataRequest(): Buffer {
  const clientId = 'myelin-local-stack';
  const body = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length + 4);
  body.writeInt32BE(body.length - 4, 0);
  body.writeInt16BE(3, 4);
  body.writeInt16BE(1, 6);
  body.writeInt32BE(correlationId, 8);
  body.writeInt16BE(clientId.length, 12);
  body.write(clientId, 14, 'latin1');
  body.writeInt32BE(0, 14 + clientId.length); // an empty array: no topics (null would mean all)
  return body;
}

/** What the broker on this port of 127.0.0.1 says about its cluster; undefined when it does not answer. */
export async function pingKafka(port: number): Promise<ClusterView | undefined> {
  const isWhole = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);
  const answer = await exchange(port, metadataRequest(), isWhole);
  if (answer === undefined || answer.readInt32BE(4) !== correlationId) return undefined;
  const brokerIds: number[] = [];
  let at = 12;
  for (let left = answer.readInt32BE(8); left > 0; left -= 1) {
    brokerIds.push(answer.readInt32BE(at));
    at += 4;
    at += 2 + answer.readInt16BE(at); // host
    at += 4; // port
    at += 2 + Math.max(0, answer.readInt16BE(at)); // rack, null has length -1
  }
  return { brokerIds, controllerId: answer.readInt32BE(at) };
}
