import { Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSampler } from '@myelin/observability';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type HotRoute, type RunningService } from '../src/index.js';
import { type Line, recordedLogger, startSample } from './fixture.js';

@Module({})
class EmptyModule {}

const exporter = new InMemorySpanExporter();
const { logger, lines } = recordedLogger();
const route: HotRoute = {
  method: 'POST',
  path: '/v1/hot',
  handle: (request, reply) => {
    if (request.headers['x-says'] === 'busy') return reply.send(503, 'text/plain', '');
    setTimeout(() => reply.fail(new Error('the inside')), 20);
  },
};
let service: RunningService;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors, sampler: createSampler(0) }));
  service = await startSample({ module: EmptyModule, hotRoutes: [route], logger });
});

afterAll(async () => {
  await service.close();
  context.disable();
  trace.disable();
});

beforeEach(() => exporter.reset());

async function fail(headers: Record<string, string> = {}): Promise<string | undefined> {
  const answer = await fetch(`${service.url}/v1/hot`, { method: 'POST', headers });
  expect(answer.status).toBeGreaterThanOrEqual(500);
  const text = await answer.text();
  return text === '' ? undefined : (JSON.parse(text) as { traceId?: string }).traceId;
}

const logged = (): Line | undefined => lines.findLast(({ msg }) => msg === 'request failed');

describe('a request outside of the sample that fails', () => {
  test('has one span in the trace that its problem and its log line name, from when it came', async () => {
    const traceId = await fail();
    const [span, ...more] = exporter.getFinishedSpans();
    expect(more).toEqual([]);
    expect([span?.name, span?.spanContext().traceId]).toEqual(['POST /v1/hot', traceId]);
    expect(logged()).toMatchObject({ trace_id: traceId, span_id: span?.spanContext().spanId });
    expect(span?.attributes).toEqual({
      ...{ 'http.request.method': 'POST', 'http.route': '/v1/hot', 'http.response.status_code': 500 },
      ...{ 'error.type': 'internal-error', 'myelin.late': true },
    });
    const [seconds = 0, nanoseconds = 0] = span?.duration ?? [];
    expect(seconds * 1_000 + nanoseconds / 1_000_000).toBeGreaterThanOrEqual(15);
  });

  test('stays in the trace that its caller did not sample', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(await fail({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` })).toBe(traceId);
    const [span] = exporter.getFinishedSpans();
    expect([span?.spanContext().traceId, span?.parentSpanContext?.spanId]).toEqual([traceId, '00f067aa0ba902b7']);
  });

  test('has its span whatever answers it, and at most ten of a second have one', async () => {
    const beganMs = performance.now();
    await Promise.all(Array.from({ length: 40 }, () => fail({ 'x-says': 'busy' })));
    const seconds = Math.floor(performance.now() / 1_000) - Math.floor(beganMs / 1_000) + 1;
    const spans = exporter.getFinishedSpans();
    expect(spans.length).toBeGreaterThan(0);
    expect(spans.length).toBeLessThanOrEqual(10 * seconds);
    expect(new Set(spans.map(({ attributes }) => attributes['http.response.status_code']))).toEqual(new Set([503]));
  });
});
