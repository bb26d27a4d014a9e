import { Agent, type IncomingMessage, request } from 'node:http';

/** Sends over one connection, as a balancer would: a connection that the service ends is opened again only while it is ready. */
export class KeepAliveClient {
  answered = 0;
  lastReadiness: number | undefined;
  /** What became of requests that were not answered with 200: a status, or the code of an error. */
  readonly broken: string[] = [];
  #wanted = { count: Infinity, reached: (): void => undefined };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: string) {}

  /** One request after another; ends when the service says on the connection, and in its readiness, that it is over. */
  async sendUntilNotReady(path: string): Promise<void> {
    while ((await this.send(path)) || (await this.#isReady()));
  }

  /** @returns whether the connection may be used again */
  async send(path: string): Promise<boolean> {
    try {
      const { statusCode, headers } = await this.#ask('POST', path);
      if (statusCode !== 200) this.broken.push(`status ${statusCode ?? 0}`);
      this.answered += 1;
      if (this.answered >= this.#wanted.count) this.#wanted.reached();
      return headers.connection !== 'close';
    } catch (error) {
      this.broken.push((error as NodeJS.ErrnoException).code ?? String(error));
      return false;
    }
  }

  /** Resolves with the answer of that number, counted from 1. */
  untilAnswered(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { count, reached: resolve };
    if (this.answered >= count) resolve();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #isReady(): Promise<boolean> {
    this.lastReadiness = (await this.#ask('GET', '/health/ready')).statusCode;
    return this.lastReadiness === 200;
  }

  #ask(method: string, path: string): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request(this.url + path, { method, agent: this.#agent });
    sent.once('error', reject);
    sent.once('response', (response: IncomingMessage) => {
      response.once('error', reject);
      response.resume().once('end', () => resolve(response));
    });
    sent.end();
    return promise;
  }
}
