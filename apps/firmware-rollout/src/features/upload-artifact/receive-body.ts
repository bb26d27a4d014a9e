import type { Readable } from 'node:stream';
import { uploadProblems } from '../../artifacts/artifact.problems.js';
import type { SpoolFile } from '../../artifacts/spool-file.js';

export interface ReceiveLimits {
  /** The file's when it is complete, in bytes. */
  readonly length: number;
  /** Between two pieces. */
  readonly idleMs: number;
}

const runOutMs = 5_000;

/**
 * Writes a body at the end of the file, piece by piece and no faster than the disk takes it. However it ends, what was written
 * stays, and is on the disk when this ends, unless that is what failed.
 * @throws Problem 413 upload-length-exceeded, 408 upload-idle, 400 body-truncated, 423 artifact-upload-taken-over
 * @throws ArtifactStoreError artifact-store.full
 */
export async function receiveBody(
  file: Pick<SpoolFile, 'size' | 'append' | 'sync'>,
  body: Readable,
  { length, idleMs }: ReceiveLimits,
  ending: AbortSignal,
): Promise<void> {
  // Not to be destroyed with the iterator: the connection has an answer to carry.
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  try {
    for (;;) {
      const piece = await inTime(pieces.next(), idleMs, ending);
      if (piece.done === true) break;
      if (file.size + piece.value.length > length) throw uploadProblems.beyondLength(file.size, length);
      await file.append(piece.value);
    }
  } finally {
    void pieces.return?.(); // lets go of the stream, once what it waits for has come
    await file.sync();
  }
}

/** A body of an upload that has all its bytes: none may come. @throws Problem 413 upload-length-exceeded, 408 upload-idle, 400 body-truncated */
export function receiveNothing(body: Readable, limits: ReceiveLimits): Promise<void> {
  const full = { size: limits.length, append: async () => undefined, sync: async () => undefined };
  return receiveBody(full, body, limits, new AbortController().signal);
}

/** What still comes after a refusal is let run out for a while, or its client would never read why: it sees only a reset. */
export function letRunOut(body: Readable): void {
  if (body.readableEnded || body.destroyed) return;
  const limit = setTimeout(() => body.destroy(), runOutMs);
  limit.unref();
  body.once('close', () => clearTimeout(limit));
  body.resume();
}

function inTime<T>(piece: Promise<T>, idleMs: number, ending: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      ending.removeEventListener('abort', takenOver);
    };
    const takenOver = (): void => {
      settle();
      reject(uploadProblems.takenOver());
    };
    const timer = setTimeout(() => {
      settle();
      reject(uploadProblems.idle());
    }, idleMs);
    ending.addEventListener('abort', takenOver);
    if (ending.aborted) takenOver();
    piece.then(
      (value) => {
        settle();
        resolve(value);
      },
      () => {
        settle();
        reject(uploadProblems.truncated());
      },
    );
  });
}
