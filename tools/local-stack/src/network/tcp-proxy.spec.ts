import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { TcpProxy, noFault } from './tcp-proxy.js';

/** Sends back whatever it gets, and ends when the other side does. */
let echo: Server;
let received: Buffer[];
let proxy: TcpProxy;
const sockets: Socket[] = [];

beforeEach(async () => {
  received = [];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.listen();
  proxy.forwardTo((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await proxy.close();
  echo.close();
  await once(echo, 'close');
});

async function open(): Promise<{ socket: Socket; answer: () => Buffer; closed: Promise<string> }> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  const chunks: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => chunks.push(bytes));
  const closed = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('end', () => resolve('end'));
  });
  await Promise.race([once(socket, 'connect'), closed]).catch(() => undefined);
  return { socket, answer: () => Buffer.concat(chunks), closed };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const arrived = (): Buffer => Buffer.concat(received);

describe('a proxy', () => {
  test('passes megabytes unchanged both ways, and the end of each side on its own', async () => {
    const sent = randomBytes(5_000_000);
    const { socket, answer, closed } = await open();
    socket.end(sent);
    expect(await closed).toBe('end');
    expect(answer().equals(sent)).toBe(true);
    socket.destroy();
    await until(() => proxy.connections === 0);
  });

  test('holds everything while it stalls, also on new connections, and delivers it afterwards', async () => {
    const before = await open();
    before.socket.write('one');
    await until(() => before.answer().toString() === 'one');
    proxy.setFault({ kind: 'stall' });
    const during = await open();
    before.socket.write(' two');
    during.socket.end('three');
    await until(() => before.socket.bytesWritten === 7 && during.socket.bytesWritten === 5);
    // A round trip through the event loops of both ends, beside the proxy.
    const probe = connect({ port: (echo.address() as AddressInfo).port, host: '127.0.0.1' });
    probe.end('probe');
    await once(probe.resume(), 'close');
    expect(arrived().toString()).toBe('oneprobe');
    proxy.setFault(noFault);
    expect(await during.closed).toBe('end');
    await until(() => before.answer().toString() === 'one two');
    expect(during.answer().toString()).toBe('three');
  });

  test('tells nobody of a connection that ended while it stalled, until it is over', async () => {
    const { socket } = await open();
    socket.write('one');
    await until(() => received.length === 1);
    proxy.setFault({ kind: 'stall' });
    socket.resetAndDestroy();
    await once(socket, 'close');
    expect(proxy.connections).toBe(1);
    proxy.setFault(noFault);
    await until(() => proxy.connections === 0);
  });

  test('delays each piece towards the server, keeps their order, and does not add the delays up', async () => {
    proxy.setFault({ kind: 'delay', delayMs: 150 });
    const { socket, answer } = await open();
    const startMs = performance.now();
    for (let i = 0; i < 10; i += 1) {
      socket.write(String(i));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => answer().length === 10);
    expect(answer().toString()).toBe('0123456789');
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(149);
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });

  test('throttles', async () => {
    proxy.setFault({ kind: 'throttle', bytesPerSecond: 10_000 });
    const { socket, answer } = await open();
    const startMs = performance.now();
    socket.write(randomBytes(3_000));
    await until(() => answer().length === 3_000);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(190);
  });

  test('cuts a connection after so many bytes, in the middle of what was sent', async () => {
    proxy.setFault({ kind: 'cut', afterBytes: 1_000 });
    const { socket, closed } = await open();
    socket.write(randomBytes(5_000));
    expect(await closed).toBe('ECONNRESET');
    await until(() => proxy.connections === 0);
    expect(arrived().length).toBeLessThanOrEqual(1_000);
  });

  test('refuses: open connections are reset, new ones too, until it is over', async () => {
    const { closed } = await open();
    proxy.setFault({ kind: 'refuse' });
    expect(await closed).toBe('ECONNRESET');
    expect(await (await open()).closed).toBe('ECONNRESET');
    proxy.setFault(noFault);
    const { socket, answer } = await open();
    socket.write('again');
    await until(() => answer().toString() === 'again');
  });

  test('resets on demand what is open, and nothing later', async () => {
    const { closed } = await open();
    await until(() => proxy.connections === 1);
    proxy.resetAll();
    expect(await closed).toBe('ECONNRESET');
    const { socket, answer } = await open();
    socket.write('again');
    await until(() => answer().toString() === 'again');
  });

  test('resets a client whose server is away', async () => {
    proxy.forwardTo(1);
    expect(await (await open()).closed).toBe('ECONNRESET');
  });
});
