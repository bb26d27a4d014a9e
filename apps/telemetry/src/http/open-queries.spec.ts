import { afterEach, expect, test } from '@jest/globals';
import type { TenantId } from '@myelin/kernel';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, type Server, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenQueries } from './open-queries.js';

const tenant = 'acme' as TenantId;
/** More than the sockets between take. */
const unreadBytes = 64 * 1024 * 1024;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A service with room for one query, whose answers are what `answer` makes of them. */
async function serve(answer: (response: Parameters<OpenQueries['begin']>[1]) => void): Promise<Server> {
  const queries = new OpenQueries(1, 200);
  const server = createServer((_, response) => {
    try {
      queries.begin(tenant, response);
      answer(response);
    } catch {
      response.writeHead(429).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

async function ask(server: Server): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  request.on('error', () => undefined);
  closing.push(() => request.destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return { request, response };
}

test('an answer of which nothing is taken is cut off, and its place is free', async () => {
  const cut: Promise<unknown>[] = [];
  let bytes = unreadBytes;
  const server = await serve((response) => {
    cut.push(once(response, 'close'));
    response.end(Buffer.alloc(bytes));
  });
  const { request } = await ask(server);
  bytes = 1;
  expect((await ask(server)).response.statusCode).toBe(429);
  await cut[0];
  expect((await ask(server)).response.statusCode).toBe(200);
  expect(request.destroyed).toBe(false);
});

test('an answer that has nothing to send yet is not', async () => {
  const server = await serve((response) => {
    response.write('begun');
    let timeouts = 0;
    response.on('timeout', () => {
      if (++timeouts === 2) response.end(', ended');
    });
  });
  const { response } = await ask(server);
  const chunks = await response.map(String).toArray();
  expect(chunks.join('')).toBe('begun, ended');
});
