import type { FastifyReply } from 'fastify';
import { sendTexts } from './text-stream.js';

export const linesMediaType = 'application/x-ndjson';

/** Sends one JSON text per line, as {@link sendTexts} does. */
export async function sendLines(reply: FastifyReply, items: AsyncGenerator<unknown>): Promise<void> {
  await sendTexts(reply, { contentType: `${linesMediaType}; charset=utf-8`, texts: linesOf(items) });
}

async function* linesOf(items: AsyncGenerator<unknown>): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(item)}\n`;
}
