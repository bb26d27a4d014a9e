import type { IncomingMessage } from 'node:http';
import { type Logger, scrapeMetrics } from '@myelin/observability';
import { adminRefusal } from './admin.errors.js';
import { changeLogLevel, readLogLevel } from './log-level.js';
import { Profiler } from './profiler.js';
import { secondsOf } from './profile-query.js';

export interface AdminRequest {
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
  /** Aborts when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
}

export interface AdminAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AdminRoute {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  /** @throws Problem */
  answer(asked: AdminRequest): Promise<AdminAnswer>;
}

const json = 'application/json';

export function adminRoutes(logger: Logger): readonly AdminRoute[] {
  const profiler = new Profiler();
  return [
    {
      ...{ method: 'GET', path: '/metrics' },
      answer: async ({ request }) => {
        const scraped = await scrapeMetrics(request.headers.accept);
        if (scraped === undefined) throw adminRefusal('metrics-not-collected');
        return scraped;
      },
    },
    {
      ...{ method: 'GET', path: '/log-level' },
      answer: () => Promise.resolve({ contentType: json, body: JSON.stringify(readLogLevel(logger)) }),
    },
    {
      ...{ method: 'PUT', path: '/log-level' },
      answer: async ({ request }) => {
        const changed = changeLogLevel(logger, await readJson(request));
        return { contentType: json, body: JSON.stringify(changed) };
      },
    },
    {
      ...{ method: 'POST', path: '/profiles/cpu' },
      answer: async ({ query, gone }) => profileAnswer(await profiler.cpu(secondsOf(query), gone), 'cpuprofile'),
    },
    {
      ...{ method: 'POST', path: '/profiles/heap' },
      answer: async ({ query, gone }) => profileAnswer(await profiler.heap(secondsOf(query), gone), 'heapprofile'),
    },
  ];
}

/** Named as Chrome's developer tools and VS Code know the formats. */
function profileAnswer(profile: object, extension: string): AdminAnswer {
  const name = `${new Date().toISOString().replaceAll(/[:.]/g, '-')}.${extension}`;
  const headers = { 'content-disposition': `attachment; filename="${name}"` };
  return { contentType: json, body: JSON.stringify(profile), headers };
}

const maxBodyBytes = 1_024;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    // Who stops reading must still be able to answer.
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > maxBodyBytes) break;
      pieces.push(piece);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') throw adminRefusal('body-truncated');
    throw error;
  }
  if (length > maxBodyBytes) throw adminRefusal('body-too-large');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))) as unknown;
  } catch {
    throw adminRefusal('malformed-json');
  }
}
