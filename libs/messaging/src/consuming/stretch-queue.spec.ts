import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fetchedRecord } from '../client/kafkajs/decoded-record.js';
import { StretchQueue } from './stretch-queue.js';

const recordAt = (offset: number) =>
  fetchedRecord({ offset: String(offset), timestamp: '0', key: null, value: Buffer.alloc(offset % 7) });

/** Batches that follow one another; offsets may be missing in them and behind them, as compaction leaves them. */
const batches = fc
  .array(fc.tuple(fc.array(fc.nat({ max: 2 }), { maxLength: 9 }), fc.nat({ max: 2 })), { minLength: 1, maxLength: 6 })
  .map((list) => {
    let offset = 100;
    return list.map(([gaps, behind]) => {
      const fetchedFrom = BigInt(offset);
      const records = gaps.map((gap) => recordAt((offset += gap + 1) - 1));
      offset += behind;
      return { topic: 't', partition: 0, records, fetchedFrom, nextOffset: BigInt(offset), highWatermark: 999n };
    });
  });

test('what is taken connects without a gap, is full whenever there is enough, and is everything in the end', () => {
  fc.assert(
    fc.property(batches, fc.integer({ min: 1, max: 8 }), (list, maxRecords) => {
      const queue = new StretchQueue();
      for (const batch of list) queue.push(batch);
      const all = list.flatMap(({ records }) => records);
      expect(queue.records).toBe(all.length);
      const taken = [];
      let position = 100n;
      while (!queue.isEmpty) {
        const left = queue.records;
        const stretch = queue.take(position, maxRecords, 999n);
        expect(stretch.records).toHaveLength(Math.min(maxRecords, left));
        expect(stretch.from).toBe(position);
        for (const { offset } of stretch.records) {
          expect(offset).toBeGreaterThanOrEqual(stretch.from);
          expect(offset).toBeLessThan(stretch.next);
        }
        taken.push(...stretch.records);
        position = stretch.next;
      }
      expect(taken).toEqual(all);
      expect(position).toBe(list.at(-1)?.nextOffset);
      expect([queue.records, queue.bytes]).toEqual([0, 0]);
    }),
  );
});
