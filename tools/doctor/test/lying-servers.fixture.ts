import { once } from 'node:events';
import { type Server as HttpServer, createServer as createHttpServer } from 'node:http';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** What is closed at the end of a test. */
export class Servers {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async #listening(server: Server): Promise<number> {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Takes connections and never says a word. @returns its port */
  silent(): Promise<number> {
    return this.#listening(createServer());
  }

  /** Answers every request with this. @returns its address */
  async answering(
    status: number,
    body: (url: string) => object,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const server: HttpServer = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body(`http://127.0.0.1:${port}`)));
    });
    const port = await this.#listening(server);
    return `http://127.0.0.1:${port}`;
  }

  /** Stands before a PostgreSQL whose clock it puts back, in every answer that holds milliseconds as text. @returns its port */
  async lyingDatabase(databasePort: number, behindMs: number): Promise<number> {
    const server = createServer((client) => {
      const database = connect({ host: '127.0.0.1', port: databasePort });
      database.on('error', () => client.destroy());
      client.on('close', () => database.destroy());
      client.pipe(database);
      database.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        client.write(
          text.replace(/(?<!\d)1[6-9]\d{11}(?!\d)/g, (ms) => String(Number(ms) - behindMs)),
          'latin1',
        );
      });
    });
    return this.#listening(server);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
