import type { FastifyReply } from 'fastify';
import { jsonMediaType } from './offered-types.js';
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
  /** One after the other they are the items as JSON, commas between them. */
  readonly texts: readonly Buffer[];
  /** Absent when there are no items. */
  readonly last?: Item;
  /** What the next page begins with; absent on the last page. */
  readonly next?: Item;
}

/**
 * The first `limit` items, at least 1, or fewer when they are large, and the one behind them.
 * @param told what the answer says of an item
 */
export async function pageOf<Item>(
  items: AsyncIterable<Item>,
  limit: number,
  told: (item: Item) => unknown = (item) => item,
): Promise<Page<Item>> {
  const written = new WrittenItems();
  let count = 0;
  let last: Item | undefined;
  for await (const item of items) {
    if (last !== undefined && (count === limit || written.bytes >= pageBytes))
      return { texts: written.end(), last, next: item };
    written.add(told(item));
    last = item;
    count++;
  }
  return { texts: written.end(), ...(last !== undefined && { last }) };
}

/** Sends a page as JSON; `about` is all of the answer but the items, which end it. */
export async function sendPage<Answer extends { items: unknown[] }>(
  reply: FastifyReply,
  { texts }: Page<unknown>,
  about: Omit<Answer, 'items'>,
): Promise<void> {
  const head = Buffer.from(`${JSON.stringify(about).slice(0, -1)},"items":[`);
  const body = Buffer.concat([head, ...texts, Buffer.from(']}')]);
  await reply.header('content-type', `${jsonMediaType}; charset=utf-8`).send(body);
}

/**
 * Written together, fewer when they are large: one by one takes a quarter longer. Where small items become large, a page
 * ends as many items late, at most.
 */
const together = { items: 8, bytes: 64 * 1024 };

/** Items are written once: what they weigh is known by their texts, which are what is sent. */
class WrittenItems {
  bytes = 0;
  private readonly texts: Buffer[] = [];
  private waiting: unknown[] = [];
  private groupItems = 1;

  add(item: unknown): void {
    if (this.waiting.push(item) >= this.groupItems) this.write();
  }

  end(): readonly Buffer[] {
    if (this.waiting.length > 0) this.write();
    return this.texts;
  }

  private write(): void {
    const separator = this.texts.length === 0 ? '' : ',';
    const text = Buffer.from(separator + JSON.stringify(this.waiting).slice(1, -1));
    this.texts.push(text);
    this.bytes += text.length;
    // Those behind them are taken to be like them.
    this.groupItems = Math.min(together.items, Math.ceil((together.bytes * this.waiting.length) / text.length));
    this.waiting = [];
  }
}

/** What a cursor holds where pages begin at a ts. */
export function isTsPosition(position: unknown): position is [tsMs: number] {
  return Array.isArray(position) && position.length === 1 && isInstant(position[0]);
}
