import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RunningService } from '../src/index.js';
import { recordedLogger, startSample } from './fixture.js';

@Module({})
class EmptyModule {}

let service: RunningService | undefined;

afterEach(async () => {
  await service?.close();
});

async function start(level: 'debug' | 'info' = 'info'): Promise<ReturnType<typeof recordedLogger> & { url: string }> {
  const log = recordedLogger(level);
  service = await startSample({ module: EmptyModule, logger: log.logger, admin: { host: '127.0.0.1', port: 0 } });
  return { ...log, url: service.adminUrl ?? '' };
}

const typeOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  ((await answer.json()) as { type: string }).type.replace('urn:myelin:problem:', ''),
];

/** As `fetch` does not let one ask. */
async function ask(url: string, method: string, headers: Record<string, string>, path?: string): Promise<unknown[]> {
  const asked = request(url, { method, headers, ...(path !== undefined && { path }) }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  await text(answer);
  return [answer.statusCode, answer.headers['content-type']];
}

describe('the admin listener', () => {
  test('changes the log level of the service and of children that exist, and refuses what is none, with a pointer', async () => {
    const { url, logger, lines } = await start();
    const child = logger.child({ part: 'old' });
    child.debug('before');
    const put = (body: string): Promise<Response> => fetch(`${url}/log-level`, { method: 'PUT', body });
    expect(await (await fetch(`${url}/log-level`)).json()).toEqual({ level: 'info', configured: 'info', until: null });
    const changed = (await (await put('{"level":"debug","minutes":10}')).json()) as { until: string };
    expect(changed).toMatchObject({ level: 'debug', configured: 'info' });
    expect(Math.abs(Date.parse(changed.until) - Date.now() - 600_000)).toBeLessThan(60_000);
    child.debug('after');
    expect(lines.filter(({ part }) => part === 'old').map(({ msg }) => msg)).toEqual(['after']);
    await fetch(`${service?.url}/health/live`);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'request', route: '/health/live' }));

    const refused = await put('{"level":"loud","minutes":0,"for":1}');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/for' }, { pointer: '/level' }, { pointer: '/minutes' }],
    });
    expect(await typeOf(await put('{'))).toEqual([400, 'malformed-json']);
    expect(await typeOf(await put('[]'))).toEqual([400, 'validation-failed']);
    expect(await typeOf(await put(`"${'x'.repeat(2_000)}"`))).toEqual([413, 'body-too-large']);
    expect(await (await fetch(`${url}/log-level`)).json()).toMatchObject({ level: 'debug' });
    for (const level of ['silent', 'warn']) await put(`{"level":"${level}","minutes":1}`);
    const told = lines.filter(({ msg }) => msg === 'log level changed');
    expect(told.map(({ level, from, to }) => [level, from, to])).toEqual([
      ['warn', 'info', 'debug'],
      ['warn', 'debug', 'silent'],
      ['warn', 'silent', 'warn'],
    ]);
  });

  test('takes one profile at a time, of processor and of allocations, and refuses seconds that are none', async () => {
    const { url } = await start();
    const post = (path: string): Promise<Response> => fetch(`${url}/profiles/${path}`, { method: 'POST' });
    const both = await Promise.all([post('cpu?seconds=1'), post('heap?seconds=1')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = both.find(({ status }) => status === 409) as Response;
    expect(await typeOf(refused)).toEqual([409, 'profile-running']);
    const cpu = await post('cpu?seconds=1');
    expect(cpu.headers.get('content-disposition')).toMatch(/filename=".+\.cpuprofile"/);
    expect(await cpu.json()).toMatchObject({
      nodes: expect.any(Array) as unknown,
      samples: expect.any(Array) as unknown,
    });
    expect(await (await post('heap?seconds=1')).json()).toMatchObject({ head: { callFrame: {} } });
    for (const query of ['seconds=121', 'seconds=1.5', 'seconds=', 'seconds=1&seconds=1', 'for=1']) {
      expect(await typeOf(await post(`cpu?${query}`))).toEqual([400, 'validation-failed']);
    }
  });

  test('ends a profile when its client goes, so that the next one gets its turn', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`POST /profiles/cpu?seconds=120 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\n\r\n`);
    const profile = (): Promise<Response> => fetch(`${url}/profiles/cpu?seconds=1`, { method: 'POST' });
    while ((await profile()).status !== 409);
    socket.destroy();
    let status = 409;
    while (status === 409) ({ status } = await profile());
    expect(status).toBe(200);
  });

  test('refuses pages of browsers and foreign hosts, and knows no other paths and methods, nor targets that are no path', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const problem = 'application/problem+json';
    for (const host of [`evil.example:${port}`, '127.0.0.1', `127.0.0.2:${port}`, `127.0.0.1:${Number(port) + 1}`]) {
      expect(await ask(`${url}/log-level`, 'GET', { host })).toEqual([403, problem]);
    }
    expect(await ask(`${url}/profiles/cpu`, 'POST', { origin: url })).toEqual([403, problem]);
    expect((await ask(`${url}/log-level`, 'GET', { host: `localhost:${port}` }))[0]).toBe(200);
    expect(await typeOf(await fetch(`${url}/`))).toEqual([404, 'not-found']);
    for (const target of ['//', '//[', 'http://[', 'http://x:99999/']) {
      expect(await ask(url, 'GET', {}, target)).toEqual([404, problem]);
      expect(await ask(url, 'GET', { host: 'evil.example' }, target)).toEqual([403, problem]);
    }
    const posted = await fetch(`${url}/log-level`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, PUT']);
    // Without the preload there is nothing to collect.
    expect(await typeOf(await fetch(`${url}/metrics`))).toEqual([503, 'metrics-not-collected']);
    expect((await fetch(`${service?.url}/log-level`)).status).toBe(404);
  });

  test('cuts whoever asks again before the last answer, so that answers nobody reads do not pile up', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const asking = `GET /log-level HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(asking.repeat(1_000));
    expect(await text(socket).catch((error: NodeJS.ErrnoException) => error.code)).toMatch(/^$|^ECONNRESET$/);
    const patient = connect(Number(port), '127.0.0.1');
    for (let asked = 0; asked < 3; asked++) {
      patient.write(asking);
      expect(String(await once(patient, 'data'))).toMatch(/^HTTP\/1\.1 200 /);
    }
    patient.destroy();
  });

  test('fails the start when its port is taken, and is closed with the service', async () => {
    const { url } = await start();
    let closed = 0;
    const second = startSample({
      module: EmptyModule,
      admin: { host: '127.0.0.1', port: Number(new URL(url).port) },
      afterClose: () => void closed++,
    });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(closed).toBe(1);
    await service?.close();
    await expect(fetch(`${url}/log-level`)).rejects.toThrow();
  });
});
