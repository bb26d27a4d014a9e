import type { IncomingMessage } from 'node:http';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HotReply, type HotRoute, listRoutes, type RunningService } from '../src/index.js';
import { recordedLogger, startSample } from './fixture.js';

@Module({})
class EmptyModule {}

let service: RunningService | undefined;

afterEach(async () => {
  await service?.close();
});

async function start(
  handle: (request: IncomingMessage, reply: HotReply) => void,
  overrides: Parameters<typeof startSample>[0] = {},
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const route: HotRoute = { method: 'POST', path: '/v1/hot', handle };
  service = await startSample({ module: EmptyModule, hotRoutes: [route], ...overrides });
  const { url } = service;
  return (path, init = { method: 'POST' }) => fetch(url + path, init);
}

const answers = (_request: IncomingMessage, reply: HotReply): void =>
  reply.send(202, 'text/plain', 'täken', ['x-own', reply.address]);

describe('a hot route', () => {
  test('answers its method and path, with or without a query, with a request id and its own headers', async () => {
    const ask = await start(answers);
    for (const path of ['/v1/hot', '/v1/hot?a=b']) {
      const answer = await ask(path, { method: 'POST', headers: { 'x-request-id': 'from-the-caller' } });
      expect([answer.status, await answer.text()]).toEqual([202, 'täken']);
      expect(answer.headers.get('content-type')).toBe('text/plain');
      expect(answer.headers.get('content-length')).toBe('6');
      expect(answer.headers.get('x-request-id')).toBe('from-the-caller');
      expect(answer.headers.get('x-own')).toBe('127.0.0.1');
    }
    expect((await ask('/v1/hot')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('leaves everything else as it is: other paths, and other methods with what may be asked instead', async () => {
    const ask = await start(answers);
    expect((await ask('/health/live', {})).status).toBe(200);
    for (const path of ['/v1/hotter', '/v1/hot/further', '/v1']) expect((await ask(path)).status).toBe(404);
    const got = await ask('/v1/hot', {});
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('is among the routes of the service', async () => {
    await start(answers);
    const listed = listRoutes((service as RunningService).app).find(({ path }) => path === '/v1/hot');
    expect(listed).toEqual({ method: 'POST', path: '/v1/hot', access: 'raw', handler: 'fastify' });
  });

  test('that throws is answered with a problem that tells nothing, and logged', async () => {
    const { logger, lines } = recordedLogger();
    const fails = (): void => {
      throw new Error('the inside');
    };
    const ask = await start(fails, { logger });
    const answer = await ask('/v1/hot');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ type: 'urn:myelin:problem:internal-error', instance: '/v1/hot' });
    expect(lines.find(({ msg }) => msg === 'request failed')).toMatchObject({ method: 'POST', path: '/v1/hot' });
  });

  test('that fails after it has answered is logged, answers nothing more, and the service goes on', async () => {
    const { logger, lines } = recordedLogger();
    const fails = (request: IncomingMessage, reply: HotReply): void => {
      answers(request, reply);
      throw new Error('too late');
    };
    const ask = await start(fails, { logger });
    expect(await (await ask('/v1/hot')).text()).toBe('täken');
    expect(lines.find(({ msg }) => msg === 'request failed')).toMatchObject({ path: '/v1/hot' });
    expect((await ask('/health/live', {})).status).toBe(200);
  });

  test('knows the client behind a proxy only when proxies are trusted', async () => {
    const init = { method: 'POST', headers: { 'x-forwarded-for': '192.0.2.7, 192.0.2.8' } };
    const trusting = await start(answers, { http: { host: '127.0.0.1', port: 0, trustProxy: true } });
    expect((await trusting('/v1/hot', init)).headers.get('x-own')).toBe('192.0.2.7');
    await service?.close();
    const wary = await start(answers);
    expect((await wary('/v1/hot', init)).headers.get('x-own')).toBe('127.0.0.1');
  });

  test('finishes what is under way when the service stops, and asks the client to leave', async () => {
    const entered = Promise.withResolvers<HotReply>();
    const ask = await start((_request, reply) => entered.resolve(reply));
    const answer = ask('/v1/hot');
    const reply = await entered.promise;
    const closed = (service as RunningService).close();
    reply.send(200, 'text/plain', 'done');
    expect((await answer).headers.get('connection')).toBe('close');
    expect(await (await answer).text()).toBe('done');
    expect(await closed).toBe(0);
  });

  test('writes a line of the access log per request at debug, with whom the request is about', async () => {
    const { logger, lines } = recordedLogger('debug');
    const ask = await start(
      (request, reply) => {
        reply.about = { tenant: 'acme', device: 'thermostat-1' };
        reply.reason = 'nothing-wrong';
        answers(request, reply);
      },
      { logger },
    );
    await ask('/v1/hot?secret=1', { method: 'POST', headers: { 'x-request-id': 'mine' } });
    await service?.close();
    const line = lines.find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ method: 'POST', route: '/v1/hot', status: 202, requestId: 'mine' });
    expect(line).toMatchObject({ tenant: 'acme', device: 'thermostat-1', reason: 'nothing-wrong' });
  });
});
