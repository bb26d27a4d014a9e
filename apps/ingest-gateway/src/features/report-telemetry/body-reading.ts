import type { Readable } from 'node:stream';
import { maxBodyBytes } from './body-limits.js';
import { refusal } from './refusals.js';

/**
 * Collects a body of at most {@link maxBodyBytes}. What comes after that is read and dropped, so that the client can
 * finish sending and read its answer. `done` is called once.
 */
export function readBody(stream: Readable, done: (error: Error | null, body: Buffer) => void): void {
  let first: Buffer | undefined;
  let further: Buffer[] | undefined;
  let size = 0;
  let settled = false;
  const settle = (error: Error | null): void => {
    if (settled) return;
    settled = true;
    const body = first ?? empty;
    done(error, further === undefined ? body : Buffer.concat([body, ...further], size));
  };
  stream.on('data', (chunk: Buffer) => {
    if (settled) return;
    size += chunk.length;
    if (first === undefined) first = chunk;
    else (further ??= []).push(chunk);
    if (size > maxBodyBytes) settle(refusal('body-too-large'));
  });
  stream.on('end', () => settle(null));
  stream.on('close', () => {
    if (!settled) settle(refusal('body-truncated')); // every stream closes, and an error costs a stack trace
  });
  stream.on('error', () => undefined); // 'close' follows
}

const empty = Buffer.alloc(0);
