import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A line to a server that can be cut and mended: connections break, and new ones are refused meanwhile. */
export interface SeveredLine {
  /** The server's address with this line's port in it. */
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export async function lineTo(serverUrl: string): Promise<SeveredLine> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const forward = (near: Socket): void => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  };
  let server = await listening(forward, 0);
  const { port } = server.address() as AddressInfo;
  const line = new URL(serverUrl);
  line.port = String(port);
  return {
    url: line.href,
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    mend: async () => {
      server = await listening(forward, port);
    },
  };
}

function listening(forward: (socket: Socket) => void, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(forward);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
