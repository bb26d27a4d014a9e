import { isInstant } from './time-range.query.js';

/** The first `limit` items, at least 1; nothing behind them is asked for. */
export async function* firstOf<Item>(items: AsyncIterable<Item>, limit: number): AsyncGenerator<Item> {
  let count = 0;
  for await (const item of items) {
    yield item;
    if (++count >= limit) return;
  }
}

/** A page ends with the item that reaches as many bytes of JSON, although its limit allows for more. */
export const pageBytes = 8 * 1024 * 1024;

/** Of the API document. */
export const pageText = `A page ends early, with \`nextCursor\`, once its items are ${pageBytes / 1024 / 1024} MiB of JSON.`;

export interface Page<Item> {
  readonly items: Item[];
  /** What the next page begins with; absent on the last page. */
  readonly next?: Item;
}

/** The first `limit` items, at least 1, or fewer when they are large, and the one behind them. */
export async function pageOf<Item>(items: AsyncIterable<Item>, limit: number): Promise<Page<Item>> {
  const page: Item[] = [];
  let bytes = 0;
  for await (const item of items) {
    if (page.length === limit || bytes >= pageBytes) return { items: page, next: item };
    page.push(item);
    bytes += Buffer.byteLength(JSON.stringify(item));
  }
  return { items: page };
}

/** What a cursor holds where pages begin at a ts. */
export function isTsPosition(position: unknown): position is [tsMs: number] {
  return Array.isArray(position) && position.length === 1 && isInstant(position[0]);
}
