import { describe, expect, test } from '@jest/globals';
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { contextFromHeaders, injectTraceHeaders } from '../index.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('trace context in record headers', () => {
  test('what was injected comes back as a remote parent, from strings and from buffers', () => {
    const headers: Record<string, string | Buffer> = { 'content-type': 'application/json' };
    injectTraceHeaders(
      headers,
      trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
    );
    expect(headers).toEqual({ 'content-type': 'application/json', traceparent: `00-${traceId}-${spanId}-01` });
    for (const traceparent of [headers['traceparent'], Buffer.from(String(headers['traceparent']))]) {
      expect(trace.getSpanContext(contextFromHeaders({ traceparent }))).toMatchObject({
        traceId,
        spanId,
        isRemote: true,
      });
    }
  });

  test('nothing is written when no span is active', () => {
    const headers = {};
    injectTraceHeaders(headers);
    expect(headers).toEqual({});
  });

  test.each([
    'garbage',
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
  ])('the invalid traceparent %s gives no parent', (traceparent) => {
    expect(trace.getSpanContext(contextFromHeaders({ traceparent, tracestate: 'a=b' }))).toBeUndefined();
  });

  test('of a repeated header the last counts', () => {
    const traceparent = ['garbage', Buffer.from(`00-${traceId}-${spanId}-00`)];
    expect(trace.getSpanContext(contextFromHeaders({ traceparent }))?.traceId).toBe(traceId);
  });
});
