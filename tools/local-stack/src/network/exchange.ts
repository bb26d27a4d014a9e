import { connect } from 'node:net';

/**
 * Opens a TCP connection to 127.0.0.1, sends `request` and resolves with the first bytes of the answer once
 * `isWhole` says that they are enough; undefined when there is no such answer in time.
 */
export function exchange(
  port: number,
  request: Buffer,
  isWhole: (answer: Buffer) => boolean,
  timeoutMs = 1_000,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0);
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (result: Buffer | undefined): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('connect', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (isWhole(answer)) finish(answer);
    });
  });
}
