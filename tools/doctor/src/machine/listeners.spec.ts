import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { listeners, socketsOf } from './listeners.js';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('who listens on a port is found, by process and program', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const found = listeners([port])?.find((one) => one.port === port);
  server.close();
  expect(found).toMatchObject({ port, pid: process.pid, program: expect.any(String) });
});

test('only sockets that listen count', () => {
  const line = (state: string): string =>
    `0: 0100007F:1BA8 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 4711 1`;
  expect(socketsOf(`  sl  local_address rem_address\n${line('0A')}\n${line('01')}\n`)).toEqual([
    { port: 7_080, inode: '4711' },
  ]);
});
