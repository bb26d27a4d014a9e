import { crc32c } from '@platformatic/kafka';
import type { ProduceBatch, ProducerIdentity, WireRecord } from '../port.js';

/** Kafka's record batch, magic 2, uncompressed: KIP-98 and the protocol guide, "Record Batch". */
const headBytes = 61;
const batchLengthAt = 8;
const crcAt = 17;
const attributesAt = 21;

/** One batch as bytes. Sizes are computed first, so that every byte is written once into its place. */
export function encodeRecordBatch({ records, firstSequence }: ProduceBatch, producer: ProducerIdentity): Buffer {
  let first = Number.POSITIVE_INFINITY;
  let newest = 0;
  for (const { timestampMs } of records) {
    if (timestampMs < first) first = timestampMs;
    if (timestampMs > newest) newest = timestampMs;
  }
  const sizes = new Array<number>(records.length);
  let total = headBytes;
  records.forEach((record, index) => {
    const size = bodyBytes(record, record.timestampMs - first, index);
    sizes[index] = size;
    total += varintBytes(size * 2) + size;
  });
  const bytes = Buffer.allocUnsafe(total);
  writeHead(bytes, records.length, first, newest, producer, firstSequence);
  let at = headBytes;
  records.forEach((record, index) => {
    at = writeVarint(bytes, at, (sizes[index] as number) * 2);
    at = writeBody(bytes, at, record, record.timestampMs - first, index);
  });
  bytes.writeUInt32BE(crc32c(bytes.subarray(attributesAt)) >>> 0, crcAt);
  return bytes;
}

function writeHead(
  bytes: Buffer,
  count: number,
  firstMs: number,
  newestMs: number,
  producer: ProducerIdentity,
  firstSequence: number,
): void {
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(bytes.length - batchLengthAt - 4, batchLengthAt);
  bytes.writeInt32BE(0, 12); // partition leader epoch: the broker's business
  bytes.writeInt8(2, 16);
  bytes.writeInt16BE(0, attributesAt);
  bytes.writeInt32BE(count - 1, 23);
  bytes.writeBigInt64BE(BigInt(firstMs), 27);
  bytes.writeBigInt64BE(BigInt(newestMs), 35);
  bytes.writeBigInt64BE(BigInt(producer.id), 43);
  bytes.writeInt16BE(producer.epoch, 51);
  bytes.writeInt32BE(firstSequence, 53);
  bytes.writeInt32BE(count, 57);
}

function bodyBytes({ key, value, headers }: WireRecord, deltaMs: number, index: number): number {
  let size = 1 + varintBytes(deltaMs * 2) + varintBytes(index * 2) + fieldBytes(key);
  size += value === null ? 1 : varintBytes(value.length * 2) + value.length;
  let count = 0;
  for (const name in headers) {
    count += 1;
    size += fieldBytes(name) + fieldBytes(headers[name] as string | Buffer);
  }
  return size + varintBytes(count * 2);
}

function writeBody(bytes: Buffer, start: number, record: WireRecord, deltaMs: number, index: number): number {
  const { key, value, headers } = record;
  bytes[start] = 0;
  let at = writeVarint(bytes, start + 1, deltaMs * 2);
  at = writeVarint(bytes, at, index * 2);
  at = writeField(bytes, at, key);
  if (value === null)
    bytes[at++] = 1; // zigzag of -1
  else at = writeField(bytes, at, value);
  at = writeVarint(bytes, at, Object.keys(headers).length * 2);
  for (const name in headers) {
    at = writeField(bytes, at, name);
    at = writeField(bytes, at, headers[name] as string | Buffer);
  }
  return at;
}

function fieldBytes(field: string | Buffer): number {
  const length = typeof field === 'string' ? Buffer.byteLength(field) : field.length;
  return varintBytes(length * 2) + length;
}

function writeField(bytes: Buffer, start: number, field: string | Buffer): number {
  if (typeof field === 'string') {
    const length = Buffer.byteLength(field);
    const at = writeVarint(bytes, start, length * 2);
    bytes.write(field, at, length, 'utf8');
    return at + length;
  }
  const at = writeVarint(bytes, start, field.length * 2);
  bytes.set(field, at);
  return at + field.length;
}

/** Of a number that is zigzag-encoded already (all of ours are not negative: twice the value). */
function varintBytes(zigzag: number): number {
  let size = 1;
  for (let rest = zigzag; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

function writeVarint(bytes: Buffer, start: number, zigzag: number): number {
  let at = start;
  let rest = zigzag;
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
