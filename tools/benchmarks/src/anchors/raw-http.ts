import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../harness/program.js';

/** The least that an HTTP service in Node can do: reads the body, looks at nothing, answers what the gateway answers. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks);
    response.writeHead(202, { 'content-type': 'application/json; charset=utf-8', 'content-length': 14 });
    response.end('{"accepted":1}');
  });
});
const listening = new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));

serveProgram({
  port: async () => {
    await listening;
    return (server.address() as AddressInfo).port;
  },
});
