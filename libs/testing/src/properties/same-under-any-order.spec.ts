import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrivalsOf, sameUnderAnyOrder } from './same-under-any-order.js';

const messages = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'b'), value: fc.nat(1_000) }), {
  maxLength: 12,
  selector: ({ key, value }) => `${key}${value}`,
});

describe('sameUnderAnyOrder', () => {
  test('passes a set, which neither order nor copies change', async () => {
    const run = (arrivals: readonly { value: number }[]): number[] =>
      [...new Set(arrivals.map(({ value }) => value))].sort((a, b) => a - b);
    await sameUnderAnyOrder({ messages, run });
  });

  test('finds a subject that counts copies', async () => {
    const run = (arrivals: readonly unknown[]): number => arrivals.length;
    await expect(sameUnderAnyOrder({ messages, run })).rejects.toThrow('Property failed');
  });

  test('finds a subject whose last arrival wins', async () => {
    const run = (arrivals: readonly { value: number }[]): number | undefined => arrivals.at(-1)?.value;
    await expect(sameUnderAnyOrder({ messages, run })).rejects.toThrow('Property failed');
  });

  test('passes "last per key wins" when the order per key is kept', async () => {
    const run = (arrivals: readonly { key: string; value: number }[]): object =>
      Object.fromEntries(arrivals.map(({ key, value }) => [key, value] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
    await sameUnderAnyOrder({ messages, run, keepOrderOf: ({ key }) => key });
    await expect(sameUnderAnyOrder({ messages, run })).rejects.toThrow('Property failed');
  });
});

test('generated arrivals hold every message at least once, never more often than allowed, in order per key when asked', () => {
  const histories = messages.chain((natural) =>
    fc.tuple(fc.constant(natural), arrivalsOf(natural, { keepOrderOf: ({ key }) => key, maxExtraCopies: 2 })),
  );
  fc.assert(
    fc.property(histories, ([natural, arrivals]) => {
      expect(new Set(arrivals)).toEqual(new Set(natural));
      for (const message of natural) {
        expect(arrivals.filter((arrival) => arrival === message).length).toBeLessThanOrEqual(3);
      }
      for (const wanted of ['a', 'b']) {
        const positions = arrivals.filter(({ key }) => key === wanted).map((arrival) => natural.indexOf(arrival));
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
      }
    }),
  );
});
