import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { runKeyOrdered } from './key-ordered.js';

const item = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), turns: fc.integer({ min: 0, max: 4 }) });

describe('running work in order per key', () => {
  test('never has two of a key under way, never more keys than allowed, and does everything in order per key', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        async (items, concurrency) => {
          const underWay = new Set<string>();
          const done = new Map<string, number[]>();
          let most = 0;
          const options = { keyOf: ({ key }: { key: string }) => key, concurrency, stopped: () => false };
          await runKeyOrdered(items, options, async ({ key, turns }, index) => {
            expect(underWay.has(key)).toBe(false);
            underWay.add(key);
            most = Math.max(most, underWay.size);
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            underWay.delete(key);
            done.set(key, [...(done.get(key) ?? []), index]);
          });
          expect(most).toBeLessThanOrEqual(concurrency);
          expect([...done.values()].flat().length).toBe(items.length);
          for (const indexes of done.values()) expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
        },
      ),
    );
  });

  test('begins nothing more once it is to stop', async () => {
    let begun = 0;
    const options = { keyOf: String, concurrency: 2, stopped: () => begun >= 3 };
    await runKeyOrdered(
      Array.from({ length: 20 }, (_, index) => index),
      options,
      async () => {
        begun += 1;
        await Promise.resolve();
      },
    );
    expect(begun).toBeLessThanOrEqual(4);
  });
});
