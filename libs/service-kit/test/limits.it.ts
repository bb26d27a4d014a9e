import { type Server, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { maxPipelined } from '../src/http/limit-pipelining.js';
import { type HotRoute, type HttpSettings, Public, type RunningService } from '../src/index.js';
import { recordedLogger, startSample } from './fixture.js';
import { audience } from './token-issuer.js';

@Controller('v1/devices')
@Public()
class DevicesController {
  @Get(':device')
  find(): object {
    return {};
  }
}

@Module({ controllers: [DevicesController] })
class DevicesModule {}

let service: RunningService;
afterEach(() => service.close());

const operatorAuth = { issuer: 'https://issuer.example', audience };

async function start(http: Partial<HttpSettings>): Promise<number> {
  service = await startSample({ operatorAuth, http: { host: '127.0.0.1', port: 0, ...http } });
  return Number(new URL(service.url).port);
}

/** Sends the bytes and gives everything that comes back until the server ends the connection. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

describe('slow and large requests', () => {
  test('a head that does not end in time is 408', async () => {
    const answer = await exchange(
      await start({ headersTimeoutMs: 300 }),
      'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow:',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('urn:myelin:problem:request-timeout');
  });

  test('a body that does not end in time is 408', async () => {
    const port = await start({ requestTimeoutMs: 300, headersTimeoutMs: 200 });
    const head =
      'POST /v1/faults/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    expect(await exchange(port, head)).toContain('408');
  });

  test('a client that sends nothing, reads nothing and does not go is let go of', async () => {
    const letGo = Promise.withResolvers<void>();
    service = await startSample({
      operatorAuth,
      http: { host: '127.0.0.1', port: 0, headersTimeoutMs: 300 },
      beforeListen: (app) => {
        const server = app.getHttpServer() as Server;
        server.once('connection', (socket) => socket.once('close', () => letGo.resolve()));
      },
    });
    const silent = connect({ port: Number(new URL(service.url).port), host: '127.0.0.1', allowHalfOpen: true });
    await letGo.promise;
    silent.destroy();
  });

  test('an idle connection is closed', async () => {
    const answer = await exchange(
      await start({ keepAliveTimeoutMs: 100 }),
      'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('a head that is too large is 431', async () => {
    const head = `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(40_000)}\r\n\r\n`;
    const answer = await exchange(await start({}), head);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('urn:myelin:problem:request-header-fields-too-large');
  });
});

describe('the access log', () => {
  test('is written at level debug, with the route in place of the path and without queries', async () => {
    const { logger, lines } = recordedLogger('debug');
    service = await startSample({ operatorAuth, logger });
    await fetch(`${service.url}/v1/faults/nest?token=hunter2`);
    await service.close();
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'request', method: 'GET', route: '/v1/faults/:kind', status: 404 }),
    );
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('names the device of a path, where it can be one', async () => {
    const { logger, lines } = recordedLogger('debug');
    service = await startSample({ module: DevicesModule, logger });
    for (const device of ['thermostat-1', 'no%20device']) await fetch(`${service.url}/v1/devices/${device}`);
    await service.close();
    const asked = lines.filter(({ msg }) => msg === 'request').map(({ route, device }) => ({ route, device }));
    const route = '/v1/devices/:device';
    expect(asked).toEqual([{ route, device: 'thermostat-1' }, { route }]);
  });

  test('is not written at level info', async () => {
    const { logger, lines } = recordedLogger();
    service = await startSample({ operatorAuth, logger });
    await fetch(`${service.url}/v1/faults/nest`);
    await service.close();
    expect(lines.map(({ msg }) => msg)).not.toContain('request');
  });
});

describe('pipelined requests', () => {
  const asking = (count: number, path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(count);

  test('are all answered, in their order, up to the limit', async () => {
    service = await startSample({ operatorAuth, module: DevicesModule });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(
      asking(40, '/v1/devices/x') + asking(1, '/v1/nowhere').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    const answers = (await text(socket)).match(/HTTP\/1\.1 \d+/g);
    expect(answers).toEqual([...Array<string>(40).fill('HTTP/1.1 200'), 'HTTP/1.1 404']);
  });

  test('beyond the limit end the connection, and are not begun', async () => {
    let begun = 0;
    const handle: HotRoute['handle'] = () => void (begun += 1);
    service = await startSample({ operatorAuth, hotRoutes: [{ method: 'GET', path: '/v1/waits', handle }] });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(asking(2_000, '/v1/waits'));
    expect(await text(socket).catch((error: NodeJS.ErrnoException) => error.code)).toMatch(/^$|^ECONNRESET$/);
    expect(begun).toBeGreaterThan(1);
    expect(begun).toBeLessThanOrEqual(maxPipelined + 1);
  });
});
