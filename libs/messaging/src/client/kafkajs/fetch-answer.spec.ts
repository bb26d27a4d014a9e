import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { encodeRecordBatch } from '../platformatic/record-batch.js';
import type { WireRecord } from '../port.js';
import { type DecodedMessage, fetchedRecord } from './decoded-record.js';
import { readFetchAnswer } from './fetch-answer.js';

interface Answer {
  readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly DecodedMessage[] }[] }[];
}

const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
const name = fc.constantFrom('ce_id', 'ce_type', 'traceparent', 'x', 'ünlike');
const record: fc.Arbitrary<WireRecord> = fc.record({
  key: bytes,
  value: fc.option(bytes),
  headers: fc.dictionary(name, fc.oneof(bytes, fc.constantFrom('same', 'as', 'before')), { maxKeys: 4 }),
  timestampMs: fc.integer({ min: 0, max: 2_000_000_000_000 }),
});
const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 5 }), { maxLength: 3 });

/** Batches as a broker lays them into its answer, with their offsets; the end cut off, but never below a whole head. */
function partitionBytes(partition: number, content: readonly (readonly WireRecord[])[], missing = 0): Buffer {
  let offset = 5_000_000_000n + BigInt(partition);
  const encoded = content.map((records) => {
    const batch = encodeRecordBatch({ topic: 't', partition, firstSequence: 0, records }, { id: '1', epoch: 0 });
    batch.writeBigInt64BE(offset);
    offset += BigInt(records.length) + 2n;
    return batch;
  });
  const all = Buffer.concat(encoded);
  const sent = all.length - missing < 61 ? all : all.subarray(0, all.length - missing);
  const head = Buffer.alloc(42);
  head.writeInt32BE(partition, 0);
  head.writeBigInt64BE(6_000_000_000n, 6);
  head.writeBigInt64BE(6_000_000_000n, 14);
  head.writeInt32BE(-1, 34);
  head.writeInt32BE(sent.length, 38);
  return Buffer.concat([head, sent]);
}

function answerBytes(partitions: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(21);
  head.writeInt32BE(7, 0);
  head.writeInt32BE(1, 10);
  head.writeInt16BE(1, 14);
  head.write('t', 16);
  head.writeInt32BE(partitions.length, 17);
  return Buffer.concat([head, ...partitions]);
}

function flat(answer: unknown): unknown {
  return (answer as Answer).responses.map(({ partitions }) =>
    partitions.map(({ messages, ...rest }) => ({
      ...rest,
      records: messages.map(fetchedRecord).map((one) => ({
        ...{ offset: one.offset, timestampMs: one.timestampMs, key: one.key, value: one.value, headers: one.headers },
        ...{ sizeBytes: one.sizeBytes, keyText: one.keyText },
        texts: ['ce_id', 'ce_type', 'traceparent', 'x', 'ünlike', 'absent'].map((header) => one.headerText(header)),
      })),
    })),
  );
}

test('an answer is read as kafkajs reads it, a batch that is cut off at its end included', async () => {
  await fc.assert(
    fc.asyncProperty(batches, batches, fc.nat({ max: 300 }), async (first, second, missing) => {
      const raw = answerBytes([partitionBytes(0, first), partitionBytes(1, second, missing)]);
      expect(flat(readFetchAnswer(raw))).toEqual(flat(await response.decode(raw)));
    }),
    { numRuns: 300 },
  );
});

test('what the records of an answer say does not change when the next answer is read', () => {
  const read = (text: string) => {
    const records = [{ key: 'k', value: null, headers: { ce_id: text, x: 'same' }, timestampMs: 1 }];
    const [topic] = readFetchAnswer(answerBytes([partitionBytes(0, [records])]))?.responses ?? [];
    return topic?.partitions[0]?.messages[0];
  };
  const before = read('one');
  expect(before?.headerText('ce_id')).toBe('one');
  const after = read('two');
  expect([before?.headerText('ce_id'), after?.headerText('ce_id'), before?.headerText('x')]).toEqual([
    'one',
    'two',
    'same',
  ]);
});

test('a compressed batch and one of an old format are left to kafkajs', () => {
  const records = [{ key: 'k', value: null, headers: {}, timestampMs: 1 }];
  for (const [at, byte] of [
    [22, 1],
    [16, 1],
  ] as const) {
    const raw = answerBytes([partitionBytes(0, [records])]);
    raw[21 + 42 + at] = byte;
    expect(readFetchAnswer(raw)).toBeUndefined();
  }
});
