import { describe, expect, test } from '@jest/globals';
import { ROOT_CONTEXT, type SpanContext, SpanKind, TraceFlags, createTraceState, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { alwaysSampled, createSampler } from './sampler.js';
import { spanName, spans } from './schema/spans.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const remote: SpanContext = { traceId, spanId: '00f067aa0ba902b7', traceFlags: TraceFlags.NONE, isRemote: true };
const unsampled = trace.setSpanContext(ROOT_CONTEXT, remote);
const sampled = trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceFlags: TraceFlags.SAMPLED });

function keeps(ratio: number, name: string, kind = SpanKind.INTERNAL, attributes = {}, parent = ROOT_CONTEXT): boolean {
  const { decision } = createSampler(ratio).shouldSample(parent, traceId, name, kind, attributes, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

const method = (name: string) => ({ 'http.request.method': name });

describe('the sampler', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('keeps every request that changes something: %s', (name) => {
    expect(keeps(0, name, SpanKind.SERVER, method(name))).toBe(true);
    expect(keeps(0, name, SpanKind.CLIENT, method(name))).toBe(false);
    expect(keeps(0, name, SpanKind.SERVER, method(name), unsampled)).toBe(false); // parents decide
  });

  test.each(['GET', 'HEAD'])('keeps of requests that only read the share that is asked for: %s', (name) => {
    expect([0, 1].map((ratio) => keeps(ratio, name, SpanKind.SERVER, method(name)))).toEqual([false, true]);
    expect(keeps(0, name, SpanKind.SERVER, method(name), sampled)).toBe(true);
  });

  test('keeps spans of alarms, notifications and rollouts always, whatever the measurement was', () => {
    const names = [spans.raiseAlarm, spans.clearAlarm, spans.changeAlarm, spans.startWave, spans.changeRollout].map(
      (declared) => spanName(declared),
    );
    const always = [...names, spanName(spans.notify, 'webhook')];
    expect(always.filter((name) => !keeps(0, name) || !keeps(0, name, SpanKind.INTERNAL, {}, unsampled))).toEqual([]);
    expect(
      [spanName(spans.send, 't'), spanName(spans.changeAssignment), 'GET /x'].filter((name) => keeps(0, name)),
    ).toEqual([]);
  });

  test('keeps what starts in a context that says so, with the state of its trace', () => {
    const traceState = createTraceState('a=b');
    const parent = alwaysSampled(trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceState }));
    const result = createSampler(0).shouldSample(parent, traceId, 'x', SpanKind.SERVER, {}, []);
    expect(result).toEqual({ decision: SamplingDecision.RECORD_AND_SAMPLED, traceState });
  });
});
