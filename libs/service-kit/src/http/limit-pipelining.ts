import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Requests of one connection that may wait for the answer before theirs (RFC 9112, 9.3.2). One packet can hold thousands, all of which
 * Node would begin at once, and their answers pile up where nobody reads them.
 */
export const maxPipelined = 64;

/** Cuts whoever sends more. Costs a request that comes alone one look. To be called when all other listeners are there. */
export function limitPipelining(server: Server): void {
  const listeners = server.listeners('request') as RequestListener[];
  const waiting = new WeakMap<Socket, number>();
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    // A response gets the socket when the one before it is done.
    if (response.socket === null) {
      const { socket } = request;
      const count = (waiting.get(socket) ?? 0) + 1;
      if (socket.destroyed || count > maxPipelined) return void socket.destroy();
      waiting.set(socket, count);
      response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
    }
    for (const listener of listeners) listener.call(server, request, response);
  });
}
