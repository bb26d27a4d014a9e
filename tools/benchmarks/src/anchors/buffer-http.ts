import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../harness/program.js';
import { imageOf } from '../image.js';

/** The least that serves ranges: one image in memory, one kind of range, no validators and no refusals. */
async function open({ bytes }: { readonly bytes: number }): Promise<number> {
  const image = imageOf(bytes);
  const server = createServer((request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(first), Number(last)];
    response.writeHead(206, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': end - start + 1,
      'Content-Range': `bytes ${start}-${end}/${bytes}`,
    });
    response.end(image.subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

serveProgram({ open });
