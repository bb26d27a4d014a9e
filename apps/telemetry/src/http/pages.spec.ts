import { describe, expect, test } from '@jest/globals';
import { type Page, firstOf, isTsPosition, pageBytes, pageOf } from './pages.js';

/** 0, 1, 2 ... `end - 1`; tells how many were asked for. */
function numbers(end: number): { readonly items: AsyncGenerator<number>; readonly asked: () => number } {
  let asked = 0;
  async function* generate(): AsyncGenerator<number> {
    while (asked < end) yield asked++;
  }
  return { items: generate(), asked: () => asked };
}

function itemsOf({ texts }: Page<unknown>): unknown {
  return JSON.parse(`[${Buffer.concat(texts).toString()}]`);
}

describe('a page', () => {
  test.each([
    [3, 5, [0, 1, 2], 3],
    [5, 5, [0, 1, 2, 3, 4], undefined],
    [50, 99, Array.from({ length: 50 }, (_, item) => item), 50],
    [7, 5, [0, 1, 2, 3, 4], undefined],
    [1, 0, [], undefined],
  ])('of %i from %i items ends before the one that the next begins with', async (limit, end, items, next) => {
    const page = await pageOf(numbers(end).items, limit);
    expect({ items: itemsOf(page), last: page.last, next: page.next }).toEqual({ items, last: items.at(-1), next });
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
        for (let item = 0; item < 6; item++) yield await Promise.resolve(large);
      }
      const page = await pageOf(texts(), 10_000);
      expect([itemsOf(page), page.last, page.next]).toEqual([new Array(count).fill(large), large, large]);
    },
  );

  test('ends a few items late where small ones become large, with all that it took', async () => {
    const sizes = [...new Array<number>(1_000).fill(1), ...new Array<number>(30).fill(pageBytes / 4)];
    async function* texts(): AsyncGenerator<string> {
      for (const size of sizes) yield await Promise.resolve('x'.repeat(size));
    }
    const items = itemsOf(await pageOf(texts(), 10_000)) as string[];
    expect(items.map(({ length }) => length)).toEqual(sizes.slice(0, items.length));
    expect(items.length).toBeGreaterThanOrEqual(1_004);
    expect(items.length).toBeLessThan(1_004 + 8);
  });

  test('says what is told of its items, and begins and ends with the items themselves', async () => {
    const page = await pageOf(numbers(5).items, 3, (item) => ({ item }));
    expect([itemsOf(page), page.last, page.next]).toEqual([[{ item: 0 }, { item: 1 }, { item: 2 }], 2, 3]);
  });
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
