import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly status: number;
}

export interface DownloadPlan {
  /** So much of the first download arrives, then nothing more: its connection is reset. */
  readonly cutAfterBytes?: number;
  /** So much of a download arrives at once, the rest drop by drop until `hurry` is called. */
  readonly slowAfterBytes?: number;
  /** This byte of each download is another when it arrives. */
  readonly wrongByte?: number;
}

const [dropBytes, dropMs] = [1_000, 50];

/**
 * The network between update clients and the service. Polls are a second apart, which the service itself does not allow;
 * all else is passed on as it is.
 */
export class UpdateProxy {
  readonly requests: ProxiedRequest[] = [];
  #isSlow: boolean;
  #cuts = 0;
  #downloaded = 0;

  private constructor(
    private readonly target: string,
    private readonly server: Server,
    private readonly plan: DownloadPlan,
  ) {
    this.#isSlow = plan.slowAfterBytes !== undefined;
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      this.#pass(asked, answer).catch(() => answer.destroy());
    });
  }

  static async open(target: string, plan: DownloadPlan = {}): Promise<UpdateProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new UpdateProxy(target, server, plan);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Bytes of artifacts that clients were sent. */
  get downloaded(): number {
    return this.#downloaded;
  }

  /** What was asked of artifacts, but for their sizes. */
  get downloads(): readonly ProxiedRequest[] {
    return this.requests.filter(({ method, path }) => method === 'GET' && isArtifact(path));
  }

  hurry(): void {
    this.#isSlow = false;
  }

  async close(): Promise<void> {
    this.#isSlow = false;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = asked;
    // The host stays what the client has asked, so that links lead here.
    const forwarded = request(`${this.target}${path}`, { method, headers });
    forwarded.end(await buffer(asked));
    const [response] = (await once(forwarded, 'response')) as [IncomingMessage];
    const { statusCode: status = 0 } = response;
    this.requests.push({ method, path, range: headers.range, status });
    const body = await buffer(response);
    answer.writeHead(status, response.headers);
    if (method !== 'GET' || !isArtifact(path)) answer.end(withQuickPolls(body));
    else await this.#download(answer, withWrongByte(body, this.plan));
  }

  async #download(answer: ServerResponse, body: Buffer): Promise<void> {
    const { cutAfterBytes, slowAfterBytes = 0 } = this.plan;
    if (cutAfterBytes !== undefined && this.#cuts++ === 0) {
      answer.write(body.subarray(0, cutAfterBytes), () => answer.socket?.resetAndDestroy());
      return;
    }
    let sent = this.#isSlow ? slowAfterBytes : body.length;
    answer.write(body.subarray(0, sent));
    this.#downloaded += sent;
    while (sent < body.length && !answer.destroyed) {
      const end = this.#isSlow ? sent + dropBytes : body.length;
      answer.write(body.subarray(sent, end));
      this.#downloaded += Math.min(end, body.length) - sent;
      sent = end;
      await delay(dropMs);
    }
    answer.end();
  }
}

function isArtifact(path: string): boolean {
  return path.includes('/artifacts/');
}

/** Of the same length, so that no header changes. */
function withQuickPolls(body: Buffer): Buffer {
  const quick = body.toString('latin1').replace(/"sleep":"\d\d:\d\d:\d\d"/, '"sleep":"00:00:01"');
  return Buffer.from(quick, 'latin1');
}

function withWrongByte(body: Buffer, { wrongByte }: DownloadPlan): Buffer {
  if (wrongByte === undefined) return body;
  return Buffer.from(body.map((byte, at) => (at === wrongByte ? byte ^ 1 : byte)));
}
