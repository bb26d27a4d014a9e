import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ClaimedDelivery } from '../src/domain/notifying/delivery.js';
import type { Notification } from '../src/domain/notifying/notification.js';
import type { WebhookReceiver } from '../src/domain/notifying/receivers.js';
import { SigningKeys } from '../src/notifications/signing-keys.js';

export const signingKey = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const signingKeys = SigningKeys.parse(`acme/main=${signingKey}`);

export function aNotification(rest: Partial<Notification> = {}): Notification {
  return {
    ...{ receiver: 'hook', groupKey: '{}:{alertname="Hot"}', groupLabels: { alertname: 'Hot' } },
    ...{ groupCreatedAtMs: 1_000, sequence: 0, atMs: 31_000, reason: 'first notification', status: 'firing' },
    alerts: [
      {
        ...{ status: 'firing', labels: { alertname: 'Hot', device: 'd-1' }, annotations: { summary: 'it is hot' } },
        ...{ startsAtMs: 500, endsAtMs: null, generatorUrl: '' },
      },
    ],
    ...{ truncatedAlerts: 0, repeatsWithinMs: 60_000, ...rest },
  };
}

export function aDelivery(rest: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  const id = '0190b6f0-0000-8000-8000-000000000001';
  return { id, tenant: 'acme', notification: aNotification(), tries: 1, failures: 0, ageMs: 0, claim: id, ...rest };
}

export function aWebhookReceiver(url: string, rest: Partial<WebhookReceiver> = {}): WebhookReceiver {
  const base = { name: 'hook', kind: 'webhook', sendResolved: true, signingKeyRef: 'main', maxAlerts: 0 } as const;
  return { ...base, url, timeoutMs: 5_000, ...rest };
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on loopback that keeps what it gets and answers as it is told. */
export class HookServer implements AsyncDisposable {
  readonly received: Received[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(
    answer: (response: ServerResponse, request: Received, count: number) => void,
    make: (listener: (request: IncomingMessage, response: ServerResponse) => void) => Server = createServer,
  ): Promise<HookServer> {
    const server = make((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const got = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
        hook.received.push(got);
        answer(response, got, hook.received.length);
      });
    });
    const hook = new HookServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return hook;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function status(code: number, headers: Record<string, string> = {}) {
  return (response: ServerResponse): void => void response.writeHead(code, headers).end();
}
