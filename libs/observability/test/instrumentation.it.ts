import { spawn } from 'node:child_process';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';

// Child processes run what `npm run build` made: loader hooks cannot be tried inside of jest's own module system.
const fixtures = resolve(import.meta.dirname, 'fixtures');
const preload = '@myelin/observability/register';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function node(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const child = spawn(process.execPath, args, {
    cwd: fixtures,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((done) => child.once('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

describe('the preload', () => {
  test('patches http and pg for modules that come in by import', async () => {
    const { out, err } = await node(['--import', preload, 'verify.mjs']);
    expect(err).toBe('');
    expect(JSON.parse(out)).toEqual({
      state: { ok: true, missing: [] },
      importedRequest: true,
      pgQuery: true,
    });
  });

  test('the check finds a process without the preload', async () => {
    const { out } = await node(['verify.mjs']);
    expect(JSON.parse(out).state).toEqual({ ok: false, missing: ['sdk', 'http', 'pg'] });
  });

  test('the check finds an SDK that was started without the loader hook', async () => {
    const { out } = await node(['--import', './sdk-without-hook.mjs', 'verify.mjs']);
    expect(JSON.parse(out)).toMatchObject({ state: { ok: false, missing: ['http'] }, importedRequest: false });
  });

  test('refuses to go on when something that it should patch was loaded before it', async () => {
    const { code, out, err } = await node(['--import', './pg-before.mjs', '--import', preload, 'verify.mjs']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('OpenTelemetry could not patch: pg');
  });

  test('OTEL_SDK_DISABLED=true starts the app without the SDK', async () => {
    const { code, out } = await node(['--import', preload, 'verify.mjs'], { OTEL_SDK_DISABLED: 'true' });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ state: { ok: true, missing: [] }, importedRequest: false, pgQuery: false });
  });

  test('refuses a sample ratio that is none', async () => {
    const { code, err } = await node(['--import', preload, 'verify.mjs'], { TRACE_SAMPLE_RATIO: '2' });
    expect(code).toBe(1);
    expect(err).toContain('TRACE_SAMPLE_RATIO is too large (found "2"); expected a number, 0 to 1');
  });
});

describe('traces', () => {
  let collector: Server | undefined;
  afterEach(() => void collector?.close());

  interface Export {
    readonly path: string;
    readonly body: string;
  }

  async function collect(): Promise<{ endpoint: string; exports: Export[] }> {
    const exports: Export[] = [];
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
        exports.push({ path: request.url ?? '', body: plain.toString('latin1') });
        response.end();
      });
    });
    await new Promise<void>((done) => collector?.listen(0, '127.0.0.1', done));
    return { endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, exports };
  }

  const spansOf = (exports: readonly Export[]): string =>
    exports
      .filter(({ path }) => path === '/v1/traces')
      .map(({ body }) => body)
      .join('');

  test('a stop flushes the spans that were not exported yet, under the name of the service, with no secret of a query', async () => {
    const { endpoint, exports } = await collect();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACE_SAMPLE_RATIO: '1', OTEL_SERVICE_NAME: 'probe' };
    const { out } = await node(['--import', preload, 'serve.mjs'], env);
    const { flushed, answers } = JSON.parse(out);
    expect(flushed).toBe(true);
    expect(answers['/plain'].traceId).toMatch(/^[0-9a-f]{32}$/);
    const spans = spansOf(exports);
    expect(spans).toContain('probe');
    expect(spans.split('GET /plain/:thing')).toHaveLength(2); // one span, not one for each time that http was loaded
    expect(spans).not.toContain('/health/live');
    expect(spans).toContain('access_token&limit=5');
    expect(spans).toContain('url.full');
    expect(spans).not.toMatch(/hunter[23]/);
  });

  test('spans and metrics leave as JSON where that is asked for', async () => {
    const { endpoint, exports } = await collect();
    const protocol = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', TRACE_INJECT_UBER: 'true' };
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACE_SAMPLE_RATIO: '1', ...protocol };
    await node(['--import', preload, 'serve.mjs'], env);
    expect(new Set(exports.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics']));
    const bodies = exports.map(({ body }) => Object.keys(JSON.parse(body) as object));
    expect(new Set(bodies.flat())).toEqual(new Set(['resourceSpans', 'resourceMetrics']));
  });

  test("a request's query is a span of the request's trace, without its values; a query of no request has none", async () => {
    const { endpoint, exports } = await collect();
    const databaseUrl = process.env['DATABASE_URL'];
    if (databaseUrl === undefined) throw new Error('DATABASE_URL must name a PostgreSQL');
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, TRACE_SAMPLE_RATIO: '1', DATABASE_URL: databaseUrl };
    const { out } = await node(['--import', preload, 'query.mjs'], env);
    expect(JSON.parse(out)).toEqual([{ value: 'hunter2' }]);
    const spans = spansOf(exports);
    const traceId = Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex').toString('latin1');
    expect(spans).toContain('SELECT $1::text AS value');
    expect(spans.split(traceId).length - 1).toBeGreaterThanOrEqual(2); // the request's and the query's
    expect(spans).not.toContain('hunter2');
    expect(spans).not.toContain('SELECT 2');
  });

  test('without an endpoint there are trace ids all the same, and nothing to flush', async () => {
    const { out, err } = await node(['--import', preload, 'serve.mjs']);
    const { flushed, answers } = JSON.parse(out);
    expect({ flushed, err }).toEqual({ flushed: true, err: '' });
    expect(answers['/plain'].traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a hot route is decided before the SDK: unsampled requests have no span, sampled parents are kept, changes elsewhere too', async () => {
    const { out } = await node(['--import', preload, 'serve.mjs'], { TRACE_SAMPLE_RATIO: '0' });
    const { answers } = JSON.parse(out);
    expect(answers['/hot'].traceId).toBeUndefined();
    expect(answers['/of/anybody'].traceId).toBeUndefined();
    expect(answers['/of/anybody, another method'].traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(answers['/hot sampled parent'].traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(answers['/hot unsampled parent'].traceId).toBeUndefined();
    expect(answers['/hot old parent']).toEqual({ traceId: '0000000000000000a3ce929d0e0e4736', flags: 1 });
    expect([answers['/plain'].flags, answers['/plain, changed'].flags]).toEqual([0, 1]);
  });

  test('every hot request that was admitted is sampled, the ratio is not applied twice', async () => {
    const { out } = await node(['--import', preload, 'serve.mjs'], { TRACE_SAMPLE_RATIO: '0.5' });
    const hot = JSON.parse(out).hot as { traceId?: string; flags?: number }[];
    const withSpan = hot.filter(({ traceId }) => traceId !== undefined);
    expect(withSpan.length).toBeGreaterThan(0);
    expect(withSpan.length).toBeLessThan(hot.length);
    expect(withSpan.filter(({ flags }) => flags !== 1)).toEqual([]);
  });
});
