import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { type Logger, createLogger, silentLogger } from './index.js';

type Line = Record<string, unknown>;

function recording(level: 'debug' | 'info' = 'info'): { log: Logger; lines: Line[]; text(): string } {
  const lines: Line[] = [];
  let text = '';
  const write = (line: string): void => {
    text += line;
    lines.push(JSON.parse(line) as Line);
  };
  const log = createLogger({ service: 'telemetry', level, destination: { write } });
  return { log, lines, text: () => text };
}

describe('log lines', () => {
  test('are JSON with time, level, service, message and fields, the fields of a child on each', () => {
    const { log, lines } = recording();
    log.child({ tenant: 'acme', device: 'pump-1' }).warn({ rows: 5 }, 'stored late');
    log.info('up');
    expect(lines[0]).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'warn',
      service: 'telemetry',
      tenant: 'acme',
      device: 'pump-1',
      rows: 5,
      msg: 'stored late',
    });
    expect(lines[1]).toMatchObject({ level: 'info', msg: 'up' });
  });

  test('below the level are not written, and the logger says so beforehand', () => {
    const { log, lines } = recording();
    log.debug('hidden');
    silentLogger.error('hidden');
    expect(lines).toEqual([]);
    expect([log.isLevelEnabled('debug'), log.isLevelEnabled('error')]).toEqual([false, true]);
  });

  test('never show values under keys that sound secret, at any level, in children and in errors', () => {
    const { log, text } = recording();
    const error = Object.assign(new Error('refused', { cause: new Error('inner') }), {
      request: { password: 'hunter2' },
    });
    log.info({ password: 'hunter2', headers: { Authorization: 'hunter2', 'set-cookie': ['hunter2'] } });
    log.info({ a: [{ b: { clientSecret: 'hunter2' } }], access_token: 'hunter2', secret: { deep: 'hunter2' } });
    log.child({ dbPassword: 'hunter2' }).info('child');
    log.error({ err: error }, 'failed');
    log.error(error);
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('inner');
  });

  test('keep counts whose names only sound secret', () => {
    const { log, lines } = recording();
    log.info({ tokenCount: 5, credentialsLive: true });
    expect(lines[0]).toMatchObject({ tokenCount: 5, credentialsLive: true });
  });

  test('a cycle or a very deep object does not break a line', () => {
    const { log, lines } = recording();
    const cycle: Line = {};
    cycle['self'] = cycle;
    log.info({ cycle }, 'still written');
    expect(lines[0]).toMatchObject({ msg: 'still written' });
  });

  test('on a terminal are readable instead of JSON', () => {
    let text = '';
    const destination = { write: (line: string) => void (text += line) };
    createLogger({ service: 'telemetry', level: 'info', pretty: true, destination }).info({ rows: 5 }, 'stored');
    expect(text).toContain('stored');
    expect(() => JSON.parse(text) as unknown).toThrow();
  });
});

describe('log lines inside a span', () => {
  const discard: SpanProcessor = {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const sdk = new NodeSDK({ spanProcessors: [discard], sampler: new AlwaysOnSampler(), logRecordProcessors: [] });
  beforeAll(() => sdk.start());
  afterAll(() => sdk.shutdown());

  test('carry its trace id and span id', () => {
    const { log, lines } = recording();
    trace.getTracer('test').startActiveSpan('work', (span) => {
      log.info('inside');
      const { traceId, spanId } = span.spanContext();
      expect(lines[0]).toMatchObject({ trace_id: traceId, span_id: spanId });
      span.end();
    });
    log.info('outside');
    expect(lines[1]).not.toHaveProperty('trace_id');
  });
});
