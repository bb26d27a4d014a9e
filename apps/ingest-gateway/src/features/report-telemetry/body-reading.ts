import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { type JsonShape, jsonShape } from '../../domain/json-shape.js';
import { maxBodyBytes, maxDepth, maxInflation } from './body-limits.js';
import { refusal } from './refusals.js';

/**
 * Collects a body of at most {@link maxBodyBytes}. What comes after that is read and dropped, so that the client can
 * finish sending and read its answer. `done` is called once.
 */
export function readBody(stream: Readable, done: (error: Error | null, body?: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const settle = (error: Error | null): void => {
    stream.off('data', onData).off('end', onEnd).off('close', onClose);
    stream.resume();
    done(error, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size));
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBodyBytes) settle(refusal('body-too-large'));
  };
  const onEnd = (): void => settle(null);
  const onClose = (): void => settle(refusal('body-truncated'));
  stream.on('data', onData).on('end', onEnd).on('close', onClose);
  stream.on('error', () => undefined); // 'close' follows
}

/**
 * Synchronous, because what it can cost is bounded: half a megabyte takes about a millisecond.
 * @throws Problem body-inflates-too-much, malformed-gzip
 */
export function inflated(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, Math.min(maxBodyBytes, body.length * maxInflation)) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw refusal('body-inflates-too-much');
    throw refusal('malformed-gzip');
  }
}

/** @throws Problem body-not-utf8, body-too-deep, malformed-json */
export function parsedJson(body: Buffer): { value: unknown; shape: JsonShape } {
  if (!isUtf8(body)) throw refusal('body-not-utf8');
  const shape = jsonShape(body);
  if (shape.depth > maxDepth) throw refusal('body-too-deep');
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown, shape };
  } catch {
    throw refusal('malformed-json'); // the parser's message quotes the body
  }
}
