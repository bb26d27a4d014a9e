import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const linesMediaType = 'application/x-ndjson';

export function wantsLines(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').toLowerCase().includes(linesMediaType);
}

const linesPerChunk = 200;

/**
 * Sends one JSON text per line. Only as much is fetched as the reader takes. A failure before the first line is an
 * ordinary problem answer; a later one cuts the connection, so that a reader never takes a part for the whole.
 */
export async function sendLines(reply: FastifyReply, items: AsyncGenerator<unknown>): Promise<void> {
  const first = await items.next();
  const chunks = chunksOf(first, items);
  await reply
    .header('content-type', `${linesMediaType}; charset=utf-8`)
    .send(Readable.from(chunks, { objectMode: false }));
}

async function* chunksOf(first: IteratorResult<unknown>, items: AsyncGenerator<unknown>): AsyncGenerator<Buffer> {
  if (first.done === true) return;
  let text = `${JSON.stringify(first.value)}\n`;
  let lines = 1;
  for await (const item of items) {
    text += `${JSON.stringify(item)}\n`;
    if (++lines % linesPerChunk !== 0) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}
