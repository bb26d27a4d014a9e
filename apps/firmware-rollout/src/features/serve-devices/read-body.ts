import type { IncomingMessage } from 'node:http';
import { type DdiRefusal, refuse } from '../../ddi/ddi-refusal.js';

/**
 * A body, of which no more than `maxBytes` are kept: the rest is read and dropped, so that the client can read its answer. One of
 * which nothing comes for `idleMs` is given up; the answer says that the connection ends.
 */
export function readBody(request: IncomingMessage, maxBytes: number, idleMs: number): Promise<Buffer | DdiRefusal> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve) => {
    const end = (outcome: Buffer | DdiRefusal): void => {
      clearTimeout(timer);
      request.off('data', take).pause();
      resolve(outcome);
    };
    const timer = setTimeout(() => end(stoodStill), idleMs);
    const take = (chunk: Buffer): void => {
      timer.refresh();
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
    };
    const whole = (): Buffer | DdiRefusal =>
      size > maxBytes ? refuse('body-too-large', `a body has at most ${maxBytes} bytes here`) : Buffer.concat(chunks);
    request
      .on('data', take)
      .once('end', () => end(whole()))
      .once('close', () => end(brokeOff))
      .once('error', () => end(brokeOff));
  });
}

const brokeOff = refuse('body-not-readable', 'the body broke off');
const stoodStill = refuse('body-too-slow', 'nothing more came of the body', { headers: ['connection', 'close'] });
