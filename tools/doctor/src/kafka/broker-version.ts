import { connect } from 'node:net';
import { brokerAddress } from './reachable.js';

const patienceMs = 2_000;
const correlationId = 11;
const clientName = 'myelin-doctor';

/**
 * Levels of the feature `metadata.version` with which releases of Kafka began (Kafka's MetadataVersion); a broker says up to which
 * level it could go, which is the closest that the protocol has to a version.
 */
const releases: readonly (readonly [level: number, release: string])[] = [
  [26, '4.1 or newer'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [1, '3.3 or older'],
];

export interface BrokerAnswer {
  /** Undefined where the broker does not say, as brokers before 3.0. */
  readonly release: string | undefined;
}

/** What a broker says of itself; undefined when nobody answers in Kafka's protocol without TLS and SASL. */
export async function askBroker(broker: string): Promise<BrokerAnswer | undefined> {
  const answer = await apiVersions(broker);
  if (answer === undefined || answer.length < 6 || answer.readInt32BE(0) !== correlationId) return undefined;
  const level = metadataLevel(answer);
  return { release: level === undefined ? undefined : releases.find(([from]) => level >= from)?.[1] };
}

/** ApiVersions (key 18) request v3 of the protocol guide: the first whose answer has the features. */
function request(): Buffer {
  const name = Buffer.from(clientName);
  const compact = Buffer.concat([Buffer.from([name.length + 1]), name]);
  const head = Buffer.alloc(10);
  head.writeInt16BE(18, 0);
  head.writeInt16BE(3, 2);
  head.writeInt32BE(correlationId, 4);
  head.writeInt16BE(name.length, 8);
  const body = Buffer.concat([
    head,
    name,
    Buffer.from([0]),
    compact,
    Buffer.from([2]),
    Buffer.from('1'),
    Buffer.from([0]),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function apiVersions(broker: string): Promise<Buffer | undefined> {
  const address = brokerAddress(broker);
  if (address === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const socket = connect(address);
    const finish = (answer: Buffer | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(patienceMs, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('connect', () => socket.write(request()));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) finish(received.subarray(4));
    });
  });
}

/** The highest supported level of `metadata.version` in an ApiVersions answer v3; undefined when there is none. */
function metadataLevel(answer: Buffer): number | undefined {
  try {
    if (answer.readInt16BE(4) !== 0) return undefined;
    const reader = new Reader(answer, 6);
    for (let left = reader.varint() - 1; left > 0; left -= 1) reader.skip(6).skipTags();
    reader.skip(4);
    for (let tags = reader.varint(); tags > 0; tags -= 1) {
      const [tag, size] = [reader.varint(), reader.varint()];
      if (tag !== 0) reader.skip(size);
      else return reader.levelOf('metadata.version');
    }
  } catch {
    return undefined; // an answer of some other protocol
  }
  return undefined;
}

/** Of the protocol's flexible encoding. */
class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  varint(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.bytes.readUInt8(this.at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  }

  skip(count: number): this {
    this.at += count;
    return this;
  }

  skipTags(): void {
    for (let left = this.varint(); left > 0; left -= 1) {
      this.varint();
      this.skip(this.varint());
    }
  }

  levelOf(feature: string): number | undefined {
    let level: number | undefined;
    for (let left = this.varint() - 1; left > 0; left -= 1) {
      const length = this.varint() - 1;
      const name = this.bytes.toString('utf8', this.at, this.at + length);
      this.skip(length + 2);
      if (name === feature) level = this.bytes.readInt16BE(this.at);
      this.skip(2).skipTags();
    }
    return level;
  }
}
