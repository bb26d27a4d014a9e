import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT_CONTEXT, type Span, TraceFlags, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { contextOfTraceparent, startCausedSpan, traceparentOf } from './caused-span.js';
import { createSampler } from './sampler.js';
import { spans } from './schema/spans.js';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  // Nobody but who asks is sampled.
  sampler: createSampler(0),
});
const tracer = provider.getTracer('test');
const incoming = (flags: TraceFlags) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', traceFlags: flags, isRemote: true },
  });
const attributes = {};

beforeEach(() => exporter.reset());
afterAll(() => provider.shutdown());

function ended(span: Span) {
  span.end();
  return exporter.getFinishedSpans().at(-1);
}

describe('a span that is always sampled', () => {
  test('goes on in the trace of a sampled parent, with no link', () => {
    const span = ended(startCausedSpan(tracer, spans.raiseAlarm, { attributes, parent: incoming(TraceFlags.SAMPLED) }));
    expect(span?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
    expect(span?.links).toEqual([]);
  });

  test('begins a trace of its own that links an unsampled parent', () => {
    const span = ended(startCausedSpan(tracer, spans.raiseAlarm, { attributes, parent: incoming(TraceFlags.NONE) }));
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(span?.links.map(({ context }) => context.spanId)).toEqual(['00f067aa0ba902b7']);
  });

  test('begins a trace of its own where work is delayed, and where nothing caused it', () => {
    const causes = { attributes, value: 'webhook', link: incoming(TraceFlags.SAMPLED) };
    const delayed = ended(startCausedSpan(tracer, spans.notify, causes));
    expect(delayed).toMatchObject({ name: 'notify webhook', parentSpanContext: undefined });
    expect(delayed?.links).toHaveLength(1);
    expect(ended(startCausedSpan(tracer, spans.startWave, { attributes }))?.links).toEqual([]);
  });

  test('leaves the decision about all others to the sampler behind it', () => {
    expect(ended(tracer.startSpan('other'))).toBeUndefined();
  });
});

describe('a stored traceparent', () => {
  test('gives back the context that it was made of', () => {
    const text = traceparentOf(incoming(TraceFlags.SAMPLED));
    expect(text).toBe('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    expect(trace.getSpanContext(contextOfTraceparent(text) ?? ROOT_CONTEXT)?.spanId).toBe('00f067aa0ba902b7');
  });

  test('that is none gives no context', () => {
    expect([traceparentOf(ROOT_CONTEXT), ...[null, undefined, '', '00-0-0-01'].map(contextOfTraceparent)]).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });
});
