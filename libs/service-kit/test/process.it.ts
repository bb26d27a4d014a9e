import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Line } from './fixture.js';
import { KeepAliveClient } from './keep-alive-client.js';

// What `npm run build` made, started as services are started.
const fixtures = resolve(import.meta.dirname, 'fixtures');

class Probe {
  readonly lines: Line[] = [];
  readonly exited: Promise<number | null>;
  #wake = Promise.withResolvers<void>();

  constructor(readonly child: ChildProcess) {
    this.exited = new Promise((done) => child.once('close', done));
    if (child.stdout === null) throw new Error('no output');
    createInterface({ input: child.stdout }).on('line', (text) => {
      this.lines.push(JSON.parse(text) as Line);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers<void>();
    });
  }

  /** Waits until a line with this message was printed. */
  async line(msg: string): Promise<Line> {
    for (;;) {
      const found = this.lines.find((line) => line.msg === msg);
      if (found !== undefined) return found;
      await this.#wake.promise;
    }
  }

  get messages(): (string | undefined)[] {
    return this.lines.map(({ msg }) => msg);
  }
}

let probe: Probe;
afterEach(() => void probe.child.kill('SIGKILL'));

async function start(
  drainMs: number,
  preload = ['--import', '@myelin/observability/register'],
  further: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = { PATH: process.env['PATH'], DRAIN_MS: String(drainMs), TRACE_SAMPLE_RATIO: '0', ...further };
  probe = new Probe(
    spawn(process.execPath, [...preload, 'service.mjs'], { cwd: fixtures, env, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  return String((await probe.line('listening'))['url']);
}

describe('a service process', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s when idle', async (signal) => {
    await start(5_000);
    expect(probe.lines.filter(({ level }) => level === 'error')).toEqual([]);
    probe.child.kill(signal);
    expect(await probe.exited).toBe(0);
    expect(probe.messages.slice(-4)).toEqual(['stopping', 'consumers stopped', 'closed', 'stopped']);
  });

  test('answers requests that are under way before it ends, and ends with code 0', async () => {
    const url = await start(10_000);
    const answer = fetch(`${url}/slow`, { method: 'POST' });
    await probe.line('entered');
    probe.child.kill('SIGTERM');
    probe.child.kill('SIGINT'); // a terminal and a parent may both tell it
    const response = await answer;
    expect(await response.json()).toEqual({ done: true });
    expect(response.headers.get('connection')).toBe('close');
    expect(await probe.exited).toBe(0);
  });

  test('told to stop while clients send all the time: not ready first, every request answered, no connection reset, consumers last, code 0', async () => {
    const drainMs = 20_000;
    const url = await start(drainMs, undefined, { READINESS_DELAY_MS: '1500' });
    const clients = Array.from({ length: 24 }, () => new KeepAliveClient(url));
    const [quick, lasting] = [clients.slice(0, 16), clients.slice(16)];
    const loads = quick.map((client) => client.sendUntilNotReady('/quick'));
    const last = lasting.map(async (client) => [await client.send('/quick'), await client.send('/outlasts-listener')]);
    await probe.line(`${lasting.length} outlast the listener`);
    await Promise.all(quick.map((client) => client.untilAnswered(10)));

    const toldAt = performance.now();
    probe.child.kill('SIGTERM');
    await Promise.all(loads);
    expect(quick.map(({ lastReadiness }) => lastReadiness)).toEqual(quick.map(() => 503));
    expect(await Promise.all(last)).toEqual(lasting.map(() => [true, false]));
    expect(await probe.exited).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(drainMs);
    expect(clients.flatMap(({ broken }) => broken)).toEqual([]);
    expect(await probe.line('consumers stopped')).toMatchObject({ underWay: 0 });
    expect(probe.messages.slice(-4)).toEqual(['stopping', 'consumers stopped', 'closed', 'stopped']);
    for (const client of clients) client.close();
  }, 60_000);

  test('ends with code 1 by its deadline when a request never ends, and closes everything else', async () => {
    const url = await start(1_000);
    const answer = fetch(`${url}/stuck`).catch(() => 'cut');
    await probe.line('entered');
    const startedAt = performance.now();
    probe.child.kill('SIGTERM');
    expect(await probe.exited).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(await answer).toBe('cut');
    expect(probe.messages).toContain('closed');
  });

  test('ends with code 1 on an error that nobody caught, and logs it', async () => {
    const url = await start(1_000);
    await fetch(`${url}/throw`).catch(() => undefined);
    expect(await probe.exited).toBe(1);
    expect(await probe.line('an error that nobody caught')).toMatchObject({ err: { message: 'nobody caught this' } });
  });

  test('says loudly when it was started without the preload', async () => {
    await start(1_000, []);
    expect(probe.lines[0]).toMatchObject({ level: 'error', missing: expect.arrayContaining(['sdk']) as unknown });
  });

  test('decides the sampling of hot routes before the SDK is called; a sampled request is answered within its span', async () => {
    const url = await start(1_000);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const hottest = async (headers = {}): Promise<string> =>
      (await fetch(`${url}/hottest`, { method: 'POST', headers })).text();
    const ofOpen = await (await fetch(`${url}/open`)).json();
    expect(ofOpen).toEqual({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown });
    expect(await hottest()).toBe('');
    expect(await hottest({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` })).toBe('');
    expect(await hottest({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` })).toBe(traceId);
  });

  test('tells its requests by route as OpenMetrics, exemplars among them, and starts no span for whoever asks', async () => {
    const url = await start(5_000);
    const { adminUrl } = await probe.line('listening');
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    await fetch(`${url}/hottest`, { method: 'POST', headers });
    await fetch(`${url}/hottest`, { method: 'POST' });
    await fetch(`${url}/open`, { headers });
    await fetch(`${url}/nowhere/17`);
    const accept = 'application/openmetrics-text; version=1.0.0';
    const scraped = await fetch(`${String(adminUrl)}/metrics`, { headers: { ...headers, accept } });
    const text = await scraped.text();
    expect(scraped.headers.get('content-type')).toBe(`${accept}; charset=utf-8`);
    const family = 'http_server_request_duration_seconds';
    const lines = text.split('\n').filter((line) => line.startsWith(`${family}_count`));
    expect(lines.sort()).toEqual([
      `${family}_count{http_request_method="GET",http_response_status_code="200",http_route="/open"} 1`,
      `${family}_count{http_request_method="GET",http_response_status_code="404"} 1`,
      `${family}_count{http_request_method="POST",http_response_status_code="202",http_route="/hottest"} 2`,
    ]);
    const exemplars = text.split('\n').filter((line) => line.includes(` # {trace_id="${traceId}",span_id="`));
    expect(exemplars.map((line) => /http_route="([^"]+)"/.exec(line)?.[1]).sort()).toEqual(['/hottest', '/open']);
    expect(text).toMatch(/^http_server_active_requests 0$/m);
    expect(text).toMatch(/^nodejs_eventloop_delay_p99_seconds [\d.e-]+$/m);
    expect(text).toMatch(/^target_info\{.*service_name="/m);
    expect(text).toMatch(/# EOF\n$/);
    await fetch(`${String(adminUrl)}/log-level`, { method: 'PUT', body: '{"level":"debug"}', headers });
    const changed = await probe.line('log level changed');
    expect(changed).toMatchObject({ level: 'warn', to: 'debug' });
    expect(changed).not.toHaveProperty('trace_id');
  });
});
