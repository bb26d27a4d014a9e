import { randomInt } from 'node:crypto';
import { type Server, createServer } from 'node:net';
import { LocalStackError } from '../local-stack.errors.js';

/** Below the range that systems take for outgoing connections: a port stays ours while its server is away. */
const lowestPort = 20_000;
const highestPort = 32_000;

/** Ports of 127.0.0.1 on which nobody listens, all different. @throws LocalStackError local-stack.port-taken */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = [];
  try {
    for (let attempt = 0; held.length < count && attempt < 500; attempt += 1) {
      const port = randomInt(lowestPort, highestPort);
      const server = await listen(port);
      if (server !== undefined) held.push({ port, server });
    }
  } finally {
    await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }
  if (held.length === count) return held.map(({ port }) => port);
  throw LocalStackError.retryable('local-stack.port-taken', `no ${count} free ports on 127.0.0.1`);
}

/** @throws LocalStackError local-stack.port-taken, naming `wantedFor` */
export async function requireFreePort(port: number, wantedFor: string): Promise<void> {
  const server = await listen(port);
  if (server === undefined) {
    const message =
      `port ${port} on 127.0.0.1 is taken, ${wantedFor} needs it (is another one running?); ` +
      'stop its holder, or take free ports with --free-ports';
    throw LocalStackError.permanent('local-stack.port-taken', message, { details: { port } });
  }
  await new Promise((resolve) => server.close(resolve));
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
