import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { murmur2, partitionOfKey } from './murmur2.js';

describe('murmur2', () => {
  // From Kafka's own UtilsTest.testMurmur2.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('chooses the partition that the Java-compatible partitioner of kafkajs chooses', () => {
    const theirs = kafkajs.Partitioners.DefaultPartitioner();
    const partition = (key: Buffer, count: number): number =>
      theirs({
        topic: 't',
        message: { key, value: null },
        partitionMetadata: Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          partitionErrorCode: 0,
          leader: 1,
          replicas: [1],
          isr: [1],
        })),
      });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), fc.integer({ min: 1, max: 96 }), (key, count) => {
        expect(partitionOfKey(key, count)).toBe(partition(Buffer.from(key), count));
      }),
    );
  });
});
