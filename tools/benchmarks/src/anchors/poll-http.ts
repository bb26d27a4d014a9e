import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../harness/program.js';

/** A text leaves in one piece with the head. */
const body = '{"config":{"polling":{"sleep":"00:05:00"}}}';
const etag = '"0123456789abcdef0123456789abcdef"';

/** The least that answers polls: the same to everybody, whoever asks for what. */
const server = createServer((request, response) => {
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag }).end();
    return;
  }
  response.writeHead(200, { etag, 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
});
const listening = new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));

serveProgram({
  port: async () => {
    await listening;
    return (server.address() as AddressInfo).port;
  },
});
