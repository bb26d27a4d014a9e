import { expect, test } from '@jest/globals';
import { NumericMap, createRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import type { WireRecord } from '../port.js';
import { encodeRecordBatch } from './record-batch.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
const name = fc.string({ minLength: 1, maxLength: 20 });
const record = fc.record({
  key: fc.oneof(bytes, fc.string({ unit: 'grapheme', maxLength: 40 })),
  value: fc.option(bytes),
  headers: fc.dictionary(name, fc.oneof(bytes, fc.string({ unit: 'grapheme', maxLength: 40 })), { maxKeys: 5 }),
  // The library writes differences of 2^31 ms and more (25 days within one batch) wrongly.
  timestampMs: fc.integer({ min: 1_795_000_000_000, max: 1_797_000_000_000 }),
});
const toBuffer = (field: string | Buffer): Buffer => (typeof field === 'string' ? Buffer.from(field) : field);

/** The same by the library's own encoder, which starts from the first record's timestamp. */
function reference(records: readonly WireRecord[], firstSequence: number): Buffer {
  const sequences = new NumericMap();
  sequences.set('t:0', firstSequence);
  const messages = records.map(({ key, value, headers, timestampMs }) => ({
    topic: 't',
    partition: 0,
    key: toBuffer(key),
    value: value as Buffer,
    headers: new Map(Object.entries(headers).map(([header, field]) => [Buffer.from(header), toBuffer(field)])),
    timestamp: BigInt(timestampMs),
  }));
  return createRecordsBatch(messages, { producerId: 4_711n, producerEpoch: 3, sequences }).buffer;
}

test('a batch is byte for byte what the library itself would write', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), fc.nat(), (unsorted, firstSequence) => {
      const records = [...unsorted].sort((a, b) => a.timestampMs - b.timestampMs);
      const batch = { topic: 't', partition: 0, firstSequence, records };
      const ours = encodeRecordBatch(batch, { id: '4711', epoch: 3 });
      expect(ours.equals(reference(records, firstSequence))).toBe(true);
    }),
    { numRuns: 300 },
  );
});
