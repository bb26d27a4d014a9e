import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Fewer when texts are large: a chunk is in memory twice. */
const textsPerChunk = 200;
const charactersPerChunk = 256 * 1024;

export interface TextStream {
  readonly contentType: string;
  /** Stands before the first text, also when there is none. */
  readonly head?: string;
  readonly texts: AsyncGenerator<string>;
}

/**
 * Sends texts one after the other. Only as much is fetched as the reader takes. A failure before the first text is an
 * ordinary problem answer; a later one cuts the connection, so that a reader never takes a part for the whole.
 */
export async function sendTexts(reply: FastifyReply, { contentType, head = '', texts }: TextStream): Promise<void> {
  const first = await texts.next();
  const chunks = chunksOf(head, first, texts);
  await reply.header('content-type', contentType).send(Readable.from(chunks, { objectMode: false }));
}

async function* chunksOf(
  head: string,
  first: IteratorResult<string>,
  texts: AsyncGenerator<string>,
): AsyncGenerator<Buffer> {
  let chunk = head;
  if (first.done !== true) {
    chunk += first.value;
    let count = 1;
    for await (const text of texts) {
      if (count >= textsPerChunk || chunk.length >= charactersPerChunk) {
        yield Buffer.from(chunk);
        chunk = '';
        count = 0;
      }
      chunk += text;
      count++;
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
