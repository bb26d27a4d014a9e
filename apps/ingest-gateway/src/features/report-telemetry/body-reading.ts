import type { Readable } from 'node:stream';
import { maxBodyBytes } from './body-limits.js';
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
