import { type BatchContext, RecordBytes } from './record-bytes.js';
import { VarintReader } from './varint-reader.js';

/** A Fetch answer, version 11, in the shape that kafkajs gives it, except that records stay bytes. */
export interface FetchAnswer {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly PartitionAnswer[] }[];
}

export interface PartitionAnswer {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: readonly RecordBytes[];
}

/** undefined: there is a compressed batch or one of an old format in it, which kafkajs reads itself. */
export function readFetchAnswer(bytes: Buffer): FetchAnswer | undefined {
  try {
    const reader = new AnswerReader(bytes);
    const head = { clientSideThrottleTime: reader.int32(), errorCode: reader.int16(), sessionId: reader.int32() };
    const responses = reader.list(() => ({
      topicName: reader.text(),
      partitions: reader.list(() => readPartition(reader)),
    }));
    // kafkajs reports none either: the broker throttles by itself and only says so.
    return { throttleTime: 0, ...head, responses };
  } catch (error) {
    if (error === foreignFormat) return undefined;
    throw error;
  }
}

const foreignFormat = new Error('a batch in another format');

function readPartition(reader: AnswerReader): PartitionAnswer {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: String(reader.int64()),
    lastStableOffset: String(reader.int64()),
    lastStartOffset: String(reader.int64()),
    abortedTransactions: reader.list(() => ({
      producerId: String(reader.int64()),
      firstOffset: String(reader.int64()),
    })),
    preferredReadReplica: reader.int32(),
    messages: readBatches(reader.block()),
  };
}

// Places in a batch: Kafka's protocol guide, "Record Batch".
const batchLengthAt = 8;
const magicAt = 16;
const attributesAt = 21;
const firstTimestampAt = 27;
const maxTimestampAt = 35;
const producerIdAt = 43;
const countAt = 57;
const recordsAt = 61;

const compressionMask = 0x7;
const appendTimeMask = 0x8;
const transactionalMask = 0x10;
const controlMask = 0x20;

function readBatches(bytes: Buffer): RecordBytes[] {
  const records: RecordBytes[] = [];
  for (let at = 0; at + recordsAt <= bytes.length;) {
    const end = at + batchLengthAt + 4 + bytes.readInt32BE(at + batchLengthAt);
    if (bytes[at + magicAt] !== 2) throw foreignFormat;
    // The last batch of an answer may be cut off.
    if (end > bytes.length) break;
    readBatch(bytes, at, records);
    at = end;
  }
  return records;
}

function readBatch(bytes: Buffer, at: number, records: RecordBytes[]): void {
  const attributes = bytes.readInt16BE(at + attributesAt);
  if ((attributes & compressionMask) !== 0) throw foreignFormat;
  const byBroker = (attributes & appendTimeMask) !== 0;
  const context: BatchContext = {
    firstOffset: bytes.readBigInt64BE(at),
    firstTimestampMs: Number(bytes.readBigInt64BE(at + firstTimestampAt)),
    appendedAtMs: byBroker ? Number(bytes.readBigInt64BE(at + maxTimestampAt)) : undefined,
    isControlBatch: (attributes & controlMask) !== 0,
    producerId: String(bytes.readBigInt64BE(at + producerIdAt)),
    inTransaction: (attributes & transactionalMask) !== 0,
  };
  const count = bytes.readInt32BE(at + countAt);
  const reader = new VarintReader(bytes, at + recordsAt);
  for (let index = 0; index < count; index++) records.push(new RecordBytes(reader, context));
}

/** Kafka's primitive types, big-endian. */
class AnswerReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.bytes.readBigInt64BE(this.at - 8);
  }

  text(): string {
    const length = this.int16();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** A length and so many bytes. */
  block(): Buffer {
    const length = Math.max(this.int32(), 0);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  list<Item>(read: () => Item): Item[] {
    const length = Math.max(this.int32(), 0);
    return Array.from({ length }, read);
  }
}
