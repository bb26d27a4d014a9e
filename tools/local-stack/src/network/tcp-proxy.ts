import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { LocalStackError } from '../local-stack.errors.js';
import { ProxyConnection } from './proxy-connection.js';

/** What a network may do to the bytes between two processes; it holds for every connection, open and new. */
export type NetworkFault =
  | { readonly kind: 'none' }
  /** Nothing arrives, neither bytes nor the end of a connection; what was sent arrives when the fault is over. */
  | { readonly kind: 'stall' }
  /** Every piece on its way to the server arrives that much later, so each round trip takes that much longer. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Per connection and direction. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Each connection passes that many more bytes to the server, mostly half of a message, and is then reset. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Connections are reset, new ones at once. */
  | { readonly kind: 'refuse' };

export const noFault: NetworkFault = { kind: 'none' };

/** A port of 127.0.0.1 in front of another, whose network can be made to fail. */
export class TcpProxy implements AsyncDisposable {
  readonly #connections = new Set<ProxyConnection>();
  #fault: NetworkFault = noFault;
  #targetPort: number | undefined;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** @param port default: a free one */
  static async listen(port = 0): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening').catch((cause: unknown) => {
      const message = `port ${port} on 127.0.0.1 is taken, a proxy needs it`;
      throw LocalStackError.permanent('local-stack.port-taken', message, { cause });
    });
    return new TcpProxy(server, (server.address() as AddressInfo).port);
  }

  /** `127.0.0.1:<port>` */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get fault(): NetworkFault {
    return this.#fault;
  }

  /** Where new connections lead; until then they are reset. */
  forwardTo(port: number): void {
    this.#targetPort = port;
  }

  setFault(fault: NetworkFault): void {
    this.#fault = fault;
    for (const connection of this.#connections) connection.setFault(fault);
    if (fault.kind === 'refuse') this.resetAll();
  }

  /** Resets every open connection, as a box in the middle does that was restarted. */
  resetAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async close(): Promise<void> {
    this.server.close();
    this.resetAll();
    if (this.server.listening) await once(this.server, 'close');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    if (this.#targetPort === undefined || this.#fault.kind === 'refuse') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const connection = new ProxyConnection(client, server, this.#fault);
    this.#connections.add(connection);
    void connection.gone.then(() => this.#connections.delete(connection));
  }
}
