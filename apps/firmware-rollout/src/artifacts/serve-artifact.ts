import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ServedArtifact, planAnswer } from './answer-plan.js';
import type { ArtifactCache } from './artifact-cache.js';
import type { ArtifactStore } from './artifact-store.js';
import { errorCode, fileFailure } from './artifact-store.errors.js';

export interface ArtifactSource {
  readonly store: ArtifactStore;
  readonly cache: ArtifactCache;
  /** How long a client may take nothing of its answer, in milliseconds. */
  readonly idleMs: number;
}

export interface ArtifactRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Answers GET or HEAD of an artifact's content on Node's response: from memory where it is hot, else streamed as fast as the
 * client takes it. Never chunked. Headers that were set before go along. A client that vanishes, or takes nothing for too long,
 * leaves nothing open and is no error. Whoever calls has checked that the caller may have it. @param own headers to begin with, names
 * and values by turns
 * @throws Problem 412 artifact-changed, 416 range-not-satisfiable; nothing was sent
 * @throws ArtifactStoreError before the head was sent, or after (then the connection has been cut)
 */
export async function serveArtifact(
  { store, cache, idleMs }: ArtifactSource,
  artifact: ServedArtifact,
  { method, headers }: ArtifactRequest,
  response: ServerResponse,
  own: readonly string[] = [],
): Promise<void> {
  const plan = planAnswer(artifact, method, headers);
  const head = own.concat(plan.headers) as unknown as OutgoingHttpHeaders;
  if (plan.range === undefined) {
    response.writeHead(plan.status, head).end();
    return;
  }
  const { start, end } = plan.range;
  const hot = cache.whole(artifact.sha256, artifact.size);
  const whole = hot instanceof Promise ? await hot : hot;
  if (whole !== undefined) {
    response.writeHead(plan.status, head).end(whole.subarray(start, end + 1));
    if ((response.socket?.writableLength ?? 0) > 0) limitIdle(response, idleMs);
    return;
  }
  const content = await store.open(artifact.sha256, plan.range);
  response.writeHead(plan.status, head);
  limitIdle(response, idleMs);
  await stream(content, response);
}

/** Every byte that the client takes begins it anew; the server's own limit is back when the answer is over. */
function limitIdle(response: ServerResponse, idleMs: number): void {
  response.socket?.setTimeout(idleMs);
}

async function stream(content: Readable, response: ServerResponse): Promise<void> {
  try {
    await pipeline(content, response);
  } catch (error) {
    const isClientGone = errorCode(error) === 'ERR_STREAM_PREMATURE_CLOSE' && !response.writableFinished;
    content.destroy();
    response.destroy();
    if (!isClientGone) throw fileFailure(error);
  }
}
