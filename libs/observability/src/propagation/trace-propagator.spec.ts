import { describe, expect, test } from '@jest/globals';
import {
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  trace,
} from '@opentelemetry/api';
import fc from 'fast-check';
import jaeger from 'jaeger-client';
import { TracePropagator, parentIsSampled } from './trace-propagator.js';
import { formatUberTraceId, parseUberTraceId } from './uber-trace-id.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const w3c = `00-${traceId}-${spanId}-01`;
const uber = 'a3ce929d0e0e4736:f067aa0ba902b7:0:1';
const both = new TracePropagator({ injectsUber: true });

type Carrier = Record<string, string>;
const extracted = (carrier: Carrier): Context => both.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
const parentOf = (carrier: Carrier): SpanContext | undefined => trace.getSpanContext(extracted(carrier));

function injected(from: Context, propagator = both): Carrier {
  const carrier: Carrier = {};
  propagator.inject(from, carrier, defaultTextMapSetter);
  return carrier;
}

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => !/^0+$/.test(id));
const parents = fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.constantFrom(0, 1) });
/** Nearly right: the parts of the real thing, in any order. */
const garbage = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...'0123456789abcdefABCDEFg:%3A-. '), { maxLength: 90 }).map((parts) => parts.join('')),
);

describe('uber-trace-id', () => {
  test.each([
    [uber, '0000000000000000a3ce929d0e0e4736', 1],
    [`${traceId}:${spanId}:${spanId}:0`, traceId, 0],
    [`${traceId}%3A${spanId}%3a0%3A1`, traceId, 1],
    [`${traceId.toUpperCase()}:${spanId}:0:2`, traceId, 1], // debug
    ['1:2:0:09', '00000000000000000000000000000001', 1],
    ['1:2:0:8', '00000000000000000000000000000001', 0],
  ])('%s names its parent', (text, expected, traceFlags) => {
    expect(parseUberTraceId(text)).toMatchObject({ traceId: expected, traceFlags, isRemote: true });
  });

  test.each([
    '',
    '0:1:0:1',
    '1:0:0:1',
    '1:2:1',
    '1:2:0:1:5',
    '1:2:0:',
    '1:2:0:g',
    '1:2:0:100',
    `1${traceId}:2:0:1`,
    ' 1:2:0:1',
  ])('%j begins a new trace', (text) => expect(parseUberTraceId(text)).toBeUndefined());

  test('comes back as it was written', () => {
    fc.assert(
      fc.property(parents, (parent) => {
        expect(parseUberTraceId(formatUberTraceId(parent))).toEqual({ ...parent, isRemote: true });
      }),
    );
  });

  test('never throws and never gives an invalid parent, whatever it holds', () => {
    fc.assert(
      fc.property(garbage, garbage, (text, traceparent) => {
        const parent = parentOf({
          'uber-trace-id': text,
          traceparent,
          'uberctx-x': text,
          [`uberctx-${traceparent}`]: text,
        });
        expect(parent === undefined || isSpanContextValid(parent)).toBe(true);
        expect(parentIsSampled(traceparent, text)).toBe(parent && (parent.traceFlags & TraceFlags.SAMPLED) !== 0);
        injected(extracted({ 'uber-trace-id': uber, 'uberctx-x': text }));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('beside W3C trace context', () => {
  test('a valid traceparent wins, an invalid one leaves the word to uber-trace-id', () => {
    expect(parentOf({ traceparent: w3c, 'uber-trace-id': uber })?.traceId).toBe(traceId);
    expect(parentOf({ traceparent: 'garbage', 'uber-trace-id': uber })?.traceId).toBe(
      '0000000000000000a3ce929d0e0e4736',
    );
    expect(parentOf({ traceparent: 'garbage', 'uber-trace-id': 'garbage' })).toBeUndefined();
    expect([parentIsSampled(w3c, '1:2:0:0'), parentIsSampled('x', '1:2:0:0'), parentIsSampled('x', 'y')]).toEqual([
      ...[true, false, undefined],
    ]);
  });

  test('old headers are written only when asked for', () => {
    const from = extracted({ 'uber-trace-id': uber, 'uberctx-order': 'a b' });
    const traceparent = '00-0000000000000000a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(injected(from, new TracePropagator())).toEqual({ traceparent });
    const old = { 'uber-trace-id': `a3ce929d0e0e4736:${spanId}:0:1`, 'uberctx-order': 'a%20b' };
    expect(injected(from)).toEqual({ traceparent, ...old });
  });

  test('baggage is bounded and never says which device or whose it is', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, nth) => [`uberctx-n${nth}`, 'x']));
    const odd = {
      'uberctx-Device-Id': 'pump-1',
      'uberctx-tenant': 'acme',
      'uberctx-long': 'x'.repeat(257),
      'uberctx-': 'x',
    };
    const entries = propagation.getBaggage(extracted({ ...odd, ...many }))?.getAllEntries() ?? [];
    expect(entries.map(([name]) => name)).toEqual(Array.from({ length: 16 }, (_, nth) => `n${nth}`));
  });
});

describe("Jaeger's own client, 3.19", () => {
  const { ConstSampler, InMemoryReporter, Tracer } = jaeger;
  const clients = [false, true].map((traceId128bit) => {
    return new Tracer('old', new InMemoryReporter(), new ConstSampler(true), { traceId128bit });
  });

  test.each(['http_headers', 'text_map'])('is understood, and understands what is written for it (%s)', (format) => {
    for (const client of clients) {
      const span = client.startSpan('ask');
      span.setBaggageItem('order', 'ä 7%');
      const sent: Carrier = {};
      client.inject(span.context(), format, sent);
      const found = extracted(sent);
      const { traceIdStr, spanIdStr } = span.context();
      expect(trace.getSpanContext(found)).toEqual({
        traceId: traceIdStr.padStart(32, '0'),
        spanId: spanIdStr.padStart(16, '0'),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      });
      expect(propagation.getBaggage(found)?.getEntry('order')?.value).toBe('ä 7%');
      const back = client.extract('http_headers', injected(found));
      expect(back?.isValid).toBe(true);
      expect(BigInt(`0x${back?.traceIdStr}`)).toBe(BigInt(`0x${traceIdStr}`));
      expect(BigInt(`0x${back?.spanIdStr}`)).toBe(BigInt(`0x${spanIdStr}`));
      expect([back?.flags, back?.baggage]).toEqual([1, { order: 'ä 7%' }]);
      span.finish();
    }
    for (const client of clients) client.close();
  });

  test('is followed when it asks for debugging, and left out when it is not sampled', () => {
    const client = new Tracer('old', new InMemoryReporter(), new ConstSampler(false), {});
    const span = client.startSpan('ask');
    const flagsAfter = (): number | undefined => {
      const sent: Carrier = {};
      client.inject(span.context(), 'http_headers', sent);
      return parentOf(sent)?.traceFlags;
    };
    expect(flagsAfter()).toBe(TraceFlags.NONE);
    span.setTag('sampling.priority', 1);
    expect(flagsAfter()).toBe(TraceFlags.SAMPLED);
    client.close();
  });
});
