import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInAction {
  readonly actionId: string;
  readonly version: string;
  readonly firmware: Buffer;
  readonly update?: 'forced' | 'skip';
  /** What is said to be its SHA-256, where it is not the truth. */
  readonly sha256?: string;
}

export interface StandInRequest {
  readonly method: string;
  /** Behind the controller id. */
  readonly rest: string;
  readonly range?: string | undefined;
  readonly authorization?: string | undefined;
  readonly body: string;
}

/** What a firmware service does for one device after the other, as far as a device sees it: rules of section 3 alone. */
export class DdiStandIn {
  readonly requests: StandInRequest[] = [];
  /** The version that it believes each device to run. */
  readonly believed = new Map<string, string>();
  /** Closed actions by `<device> <actionId>`. */
  readonly outcomes = new Map<string, string>();
  /** Statuses for the next writes instead of doing them; 0 does them and cuts the connection. */
  readonly writes: number[] = [];
  /** After how many bytes of its body each of the next downloads is cut. */
  readonly cuts: number[] = [];
  action: StandInAction | undefined;
  cancelling = false;
  /** Devices whose attributes it has. */
  readonly attributes = new Map<string, unknown>();
  ignoresRanges = false;
  #server: Server | undefined;

  async start(): Promise<string> {
    this.#server = createServer((request, response) => void this.#handle(request, response)).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#origin;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** Requests in the order in which they came: `GET deploymentBase/7`. */
  get trace(): readonly string[] {
    return this.requests.map(({ method, rest }) => `${method} ${rest}`.trim());
  }

  /** `execution/finished` of every feedback. */
  get reports(): readonly string[] {
    return this.requests
      .filter(({ rest }) => rest.endsWith('/feedback'))
      .map(({ body }) => JSON.parse(body) as { status: { execution: string; result: { finished: string } } })
      .map(({ status }) => `${status.execution}/${status.result.finished}`);
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server?.address() as AddressInfo).port}`;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const [, tenant = '', , , device = '', ...segments] = (request.url ?? '').split('?', 1)[0]?.split('/') ?? [];
    const rest = segments.join('/');
    const { range, authorization } = request.headers;
    const body = Buffer.concat(chunks).toString();
    const method = request.method ?? '';
    this.requests.push({ method, rest, range, authorization, body });
    if (method !== 'GET') return this.#write(device, rest, body, response);
    this.#read(device, rest, `${this.#origin}/${tenant}/controller/v1/${device}`, range, response);
  }

  #read(device: string, rest: string, base: string, range: string | undefined, response: ServerResponse): void {
    const { action } = this;
    if (rest === '') return json(response, this.#root(device, base));
    if (action === undefined) return void response.writeHead(404).end();
    const { actionId } = action;
    if (rest === `deploymentBase/${actionId}`) return json(response, deployment(action, base));
    if (rest === `cancelAction/${actionId}`)
      return json(response, { id: actionId, cancelAction: { stopId: actionId } });
    if (rest.includes('/artifacts/')) return this.#file(action.firmware, range, response);
    response.writeHead(404).end();
  }

  #root(device: string, base: string): object {
    const { action } = this;
    const open = action !== undefined && !this.outcomes.has(`${device} ${action.actionId}`) ? action : undefined;
    const relation = this.cancelling ? 'cancelAction' : 'deploymentBase';
    return {
      config: { polling: { sleep: '00:05:00' } },
      _links: {
        ...(open !== undefined && { [relation]: { href: `${base}/${relation}/${open.actionId}?c=-1` } }),
        ...(!this.attributes.has(device) && { configData: { href: `${base}/configData` } }),
      },
    };
  }

  #write(device: string, rest: string, body: string, response: ServerResponse): void {
    const status = this.writes.shift() ?? 200;
    if (status === 200 || status === 0) this.#apply(device, rest, body);
    if (status === 0) response.socket?.destroy();
    else response.writeHead(status).end();
  }

  #apply(device: string, rest: string, body: string): void {
    const sent = JSON.parse(body) as { data?: unknown; status: { execution: string; result: { finished: string } } };
    if (rest === 'configData') return void this.attributes.set(device, sent.data);
    const { execution, result } = sent.status;
    const [on, actionId = ''] = rest.split('/');
    const name = `${device} ${actionId}`;
    if (this.outcomes.has(name)) return;
    if (on === 'cancelAction') {
      if (execution === 'closed') this.outcomes.set(name, 'cancelled');
      if (execution === 'rejected') this.cancelling = false;
    } else if (execution === 'closed') {
      this.outcomes.set(name, result.finished);
      if (result.finished === 'success') this.believed.set(device, this.action?.version ?? '');
    }
  }

  #file(firmware: Buffer, range: string | undefined, response: ServerResponse): void {
    const from = this.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const part = firmware.subarray(from);
    const size = firmware.length;
    const contentRange = { 'content-range': `bytes ${from}-${size - 1}/${size}` };
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...(from > 0 && contentRange) });
    const cut = this.cuts.shift();
    if (cut === undefined) return void response.end(part);
    response.write(part.subarray(0, cut), () => response.socket?.destroy());
  }
}

function json(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/hal+json' }).end(JSON.stringify(value));
}

function deployment({ actionId, version, firmware, update = 'forced', sha256 }: StandInAction, base: string): object {
  const link = { href: `${base}/softwaremodules/3/artifacts/fw.swu` };
  const artifact = {
    filename: 'fw.swu',
    hashes: { sha256: sha256 ?? hash('sha256', firmware, 'hex') },
    size: firmware.length,
    _links: { download: link, 'download-http': link },
  };
  const chunks = [{ part: 'os', version, name: 'fw', artifacts: [artifact] }];
  return { id: actionId, deployment: { download: 'forced', update, chunks } };
}
