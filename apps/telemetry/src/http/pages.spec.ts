import { describe, expect, test } from '@jest/globals';
import { firstOf, isTsPosition, pageBytes, pageOf } from './pages.js';

/** 0, 1, 2 ... `end - 1`; tells how many were asked for. */
function numbers(end: number): { readonly items: AsyncGenerator<number>; readonly asked: () => number } {
  let asked = 0;
  async function* generate(): AsyncGenerator<number> {
    while (asked < end) yield asked++;
  }
  return { items: generate(), asked: () => asked };
}

describe('a page', () => {
  test.each([
    [3, 5, [0, 1, 2], 3],
    [5, 5, [0, 1, 2, 3, 4], undefined],
    [7, 5, [0, 1, 2, 3, 4], undefined],
    [1, 0, [], undefined],
  ])('of %i from %i items ends before the one that the next begins with', async (limit, end, items, next) => {
    expect(await pageOf(numbers(end).items, limit)).toEqual({ items, ...(next !== undefined && { next }) });
  });

  test.each([
    [4, 2],
    [1, 1],
  ])(
    'ends with the item that fills it (each one is a page divided by %i), whatever the limit is',
    async (parts, count) => {
      // Two bytes of UTF-8 each.
      const large = 'é'.repeat(pageBytes / parts);
      async function* texts(): AsyncGenerator<string> {
        for (;;) yield await Promise.resolve(large);
      }
      const page = await pageOf(texts(), 10_000);
      expect([page.items.length, page.next]).toEqual([count, large]);
    },
  );
});

test('of a stream nothing behind the limit is asked for', async () => {
  const { items, asked } = numbers(10);
  const found: number[] = [];
  for await (const item of firstOf(items, 3)) found.push(item);
  expect({ found, asked: asked() }).toEqual({ found: [0, 1, 2], asked: 3 });
});

test.each([
  [[17], true],
  [[-1], false],
  [[1.5], false],
  [[1, 2], false],
  [17, false],
  [['17'], false],
])('a cursor %j is a ts or is not', (position, valid) => {
  expect(isTsPosition(position)).toBe(valid);
});
