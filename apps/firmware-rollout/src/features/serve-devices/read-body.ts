import type { IncomingMessage } from 'node:http';
import { type DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';

/** A body, of which no more than `maxBytes` are kept: the rest is read and dropped, so that the client can read its answer. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | DdiRefusal> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return refuse('body-not-readable', 'the body broke off');
  }
  if (size > maxBytes) return refuse('body-too-large', `a body has at most ${maxBytes} bytes here`);
  return Buffer.concat(chunks);
}
