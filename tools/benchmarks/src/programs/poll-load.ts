import { connect, type Socket } from 'node:net';
import { quantile } from '../harness/statistics.js';
import { serveProgram } from '../harness/program.js';
import { authorizationOf, pathOf } from '../polling-fleet.js';

interface Polls {
  readonly port: number;
  /** Devices 1 to this one ask in turn, each as far from the one before as can be. */
  readonly devices: number;
  readonly connections: number;
  /** With the ETag of the answer before, where there was one. */
  readonly conditional: boolean;
}

export interface PollRun extends Polls {
  /** Of all connections together, as fast as the answers come. */
  readonly requests: number;
}

export interface PollPace extends Polls {
  readonly perSecond: number;
  readonly seconds: number;
  /** A connection for each poll; at most `connections` at a time. */
  readonly fresh: boolean;
}

export interface PollOutcome {
  /** By status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly wallMs: number;
  /** From when a poll was due until its answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** By device; kept from one question to the next. */
const etags = new Map<number, string>();

class Poller {
  readonly #answers: Record<string, number> = {};
  readonly #waitedMs: number[] = [];
  #asked = 0;

  constructor(private readonly polls: Polls) {}

  get asked(): number {
    return this.#asked;
  }

  /** The next poll, with the device that it is of. */
  next(closes: boolean): { readonly device: number; readonly request: string } {
    // A step that has no factor in common with any round number meets every device once before the first again.
    const device = ((this.#asked++ * 7_919) % this.polls.devices) + 1;
    const etag = this.polls.conditional ? etags.get(device) : undefined;
    const request =
      `GET ${pathOf(device)} HTTP/1.1\r\nHost: 127.0.0.1:${this.polls.port}\r\nUser-Agent: libcurl-agent/1.0\r\n` +
      `Accept: application/json\r\nAuthorization: ${authorizationOf(device)}\r\n` +
      `${etag === undefined ? '' : `If-None-Match: ${etag}\r\n`}${closes ? 'Connection: close\r\n' : ''}\r\n`;
    return { device, request };
  }

  answered(device: number, head: string, dueAtMs: number): void {
    const status = head.slice(9, 12);
    this.#answers[status] = (this.#answers[status] ?? 0) + 1;
    this.#waitedMs.push(performance.now() - dueAtMs);
    const etag = /\r\netag: *("[^"]*")/i.exec(head)?.[1];
    if (etag !== undefined) etags.set(device, etag);
  }

  outcome(startedAt: number): PollOutcome {
    const wallMs = performance.now() - startedAt;
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((share) => quantile(this.#waitedMs, share));
    return { answers: this.#answers, wallMs, p50Ms: p50Ms ?? 0, p99Ms: p99Ms ?? 0, maxMs: maxMs ?? 0 };
  }
}

async function run({ requests, ...polls }: PollRun): Promise<PollOutcome> {
  const poller = new Poller(polls);
  const sockets = await Promise.all(Array.from({ length: polls.connections }, () => connected(polls.port)));
  const startedAt = performance.now();
  const connection = async (socket: Socket): Promise<void> => {
    while (poller.asked < requests) {
      const { device, request } = poller.next(false);
      const askedAt = performance.now();
      poller.answered(device, await answerOn(socket, request), askedAt);
    }
  };
  await Promise.all(sockets.map(connection));
  const outcome = poller.outcome(startedAt);
  for (const socket of sockets) socket.destroy();
  return outcome;
}

/** Polls are due at equal distances, whatever becomes of those before; one that finds no connection waits, and that counts. */
async function pace({ perSecond, seconds, fresh, ...polls }: PollPace): Promise<PollOutcome> {
  const poller = new Poller(polls);
  const kept = fresh ? [] : await Promise.all(Array.from({ length: polls.connections }, () => connected(polls.port)));
  const startedAt = performance.now();
  const total = perSecond * seconds;
  const connection = async (socket: Socket | undefined): Promise<void> => {
    for (;;) {
      const dueAt = startedAt + (poller.asked * 1_000) / perSecond;
      if (poller.asked >= total) return;
      const { device, request } = poller.next(fresh);
      const aheadMs = dueAt - performance.now();
      if (aheadMs > 0) await new Promise((resolve) => void setTimeout(resolve, aheadMs));
      const used = socket ?? (await connected(polls.port));
      poller.answered(device, await answerOn(used, request), dueAt);
      if (fresh) used.destroy();
    }
  };
  const places = Array.from({ length: polls.connections }, (_, nth) => kept[nth]);
  await Promise.all(places.map(connection));
  const outcome = poller.outcome(startedAt);
  for (const socket of kept) socket.destroy();
  return outcome;
}

/** The head of the answer, when its body is there. */
function answerOn(socket: Socket, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let pending = '';
    const lost = (): void => reject(new Error('the server has closed a connection'));
    const onData = (text: string): void => {
      pending += text;
      const headEnd = pending.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = /\r\ncontent-length: *(\d+)/i.exec(pending)?.[1] ?? '0';
      if (pending.length < headEnd + 4 + Number(length)) return;
      socket.off('data', onData).off('close', lost);
      resolve(pending.slice(0, headEnd));
    };
    socket.on('data', onData).on('close', lost);
    socket.write(request);
  });
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.setNoDelay(true).setEncoding('latin1');
    socket.once('error', reject);
  });
}

serveProgram({ run, pace });
