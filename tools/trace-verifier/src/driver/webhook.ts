import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from './until.js';

/** A receiver of notifications that takes everything. */
export class Webhook {
  /** Its path: whoever knows it may write. */
  readonly secret = randomBytes(16).toString('hex');
  readonly #bodies: string[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      text(request).then(
        (body) => {
          this.#bodies.push(body);
          response.end();
        },
        () => response.destroy(),
      );
    });
  }

  static async listen(): Promise<Webhook> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Webhook(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook/${this.secret}`;
  }

  /** @throws TraceVerifierError trace-verifier.not-reached */
  async untilTold(device: string): Promise<void> {
    const isTold = (): true | undefined =>
      this.#bodies.some((body) => body.includes(`"${device}"`)) ? true : undefined;
    await until(`a notification of ${device}`, isTold);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
