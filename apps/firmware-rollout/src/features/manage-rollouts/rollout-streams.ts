import type { ServerResponse } from 'node:http';
import { Problem } from '@myelin/service-kit';
import type { RolloutView } from './rollout-view.dto.js';

export const streamLimits = {
  streams: 100,
  ofTenant: 25,
  lookMs: 1_000,
  commentMs: 15_000,
  maxAgeMs: 600_000,
} as const;

export interface StreamOf {
  readonly tenant: string;
  readonly rollout: string;
}

interface Stream extends StreamOf {
  readonly response: ServerResponse;
  readonly endsAtMs: number;
  shown: string;
  wroteAtMs: number;
}

/** Readers of rollouts, each told of a rollout as it is, again whenever that has changed. A rollout is read once for all its readers. */
export class RolloutStreams {
  private readonly open = new Set<Stream>();
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @param read of a rollout that is gone: Problem 404 */
  constructor(private readonly read: (of: StreamOf) => Promise<RolloutView>) {}

  /** @throws Problem 503 too-many-streams */
  refuseTooMany(tenant: string): void {
    const ofTenant = [...this.open].filter((stream) => stream.tenant === tenant).length;
    const hasRoom = this.open.size < streamLimits.streams && ofTenant < streamLimits.ofTenant;
    if (hasRoom && !this.isClosed) return;
    throw new Problem({
      ...{ status: 503, type: 'too-many-streams', title: 'As many streams are open as may be' },
      headers: { 'Retry-After': '10' },
    });
  }

  /** Answers with a stream that begins with this view. */
  add(of: StreamOf, response: ServerResponse, view: RolloutView): void {
    if (response.destroyed) return; // it has left meanwhile
    // Its connection ends with it, so that none is waited for when the service stops.
    const head = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'close' };
    response.writeHead(200, head);
    const nowMs = performance.now();
    const stream: Stream = { ...of, response, endsAtMs: nowMs + streamLimits.maxAgeMs, shown: '', wroteAtMs: nowMs };
    this.open.add(stream);
    response.once('close', () => this.open.delete(stream));
    show(stream, view, nowMs);
    this.lookLater();
  }

  /** Ends all; their readers come again, to another process. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    for (const { response } of this.open) response.end();
  }

  private lookLater(): void {
    if (this.isClosed || this.timer !== undefined || this.open.size === 0) return;
    this.timer = setTimeout(() => void this.look(), streamLimits.lookMs).unref();
  }

  private async look(): Promise<void> {
    const byRollout = Map.groupBy(this.open, ({ tenant, rollout }) => `${tenant}\n${rollout}`);
    for (const streams of byRollout.values()) await this.lookFor(streams);
    this.timer = undefined;
    this.lookLater();
  }

  private async lookFor(streams: readonly Stream[]): Promise<void> {
    const [first] = streams;
    if (first === undefined) return;
    const view = await this.read(first).catch((error: unknown) => (isGone(error) ? 'gone' : 'unknown'));
    const nowMs = performance.now();
    for (const stream of streams) {
      if (view === 'gone' || nowMs >= stream.endsAtMs) stream.response.end();
      else if (typeof view === 'object') show(stream, view, nowMs);
      if (nowMs - stream.wroteAtMs >= streamLimits.commentMs) write(stream, ':\n\n', nowMs);
    }
  }
}

function show(stream: Stream, view: RolloutView, nowMs: number): void {
  const data = JSON.stringify(view);
  // Who reads slowly is told of what is then, not of everything in between.
  if (data === stream.shown || stream.response.writableNeedDrain) return;
  stream.shown = data;
  write(stream, `event: rollout\nid: ${view.version}\ndata: ${data}\n\n`, nowMs);
}

function write(stream: Stream, text: string, nowMs: number): void {
  if (stream.response.writableEnded || stream.response.destroyed) return;
  stream.wroteAtMs = nowMs;
  stream.response.write(text);
}

function isGone(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}
