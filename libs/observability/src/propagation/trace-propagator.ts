import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
  isSpanContextValid,
  propagation,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator, isTracingSuppressed, parseTraceParent } from '@opentelemetry/core';
import { readUberBaggage, writeUberBaggage } from './uber-baggage.js';
import { formatUberTraceId, parseUberTraceId, uberTraceIdHeader } from './uber-trace-id.js';

/**
 * W3C trace context, and beside it what Jaeger's own clients send: `uber-trace-id` where no valid `traceparent` is, and
 * `uberctx-*` as baggage. Both are written for old consumers only when asked for.
 */
export class TracePropagator implements TextMapPropagator {
  readonly #w3c = new W3CTraceContextPropagator();

  constructor(private readonly options: { injectsUber: boolean } = { injectsUber: false }) {}

  inject<Carrier>(from: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    this.#w3c.inject(from, carrier, setter as TextMapSetter);
    if (!this.options.injectsUber || isTracingSuppressed(from)) return;
    const span = trace.getSpanContext(from);
    if (span === undefined || !isSpanContextValid(span)) return;
    setter.set(carrier, uberTraceIdHeader, formatUberTraceId(span));
    const baggage = propagation.getBaggage(from);
    if (baggage !== undefined) writeUberBaggage(baggage, carrier, setter);
  }

  extract<Carrier>(into: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    let found = this.#w3c.extract(into, carrier, getter as TextMapGetter);
    if (found === into) {
      const text = getter.get(carrier, uberTraceIdHeader);
      const parent = parseUberTraceId((Array.isArray(text) ? text.at(-1) : text) ?? '');
      if (parent !== undefined) found = trace.setSpanContext(into, parent);
    }
    const baggage = readUberBaggage(carrier, getter);
    return baggage === undefined ? found : propagation.setBaggage(found, baggage);
  }

  fields(): string[] {
    return [...this.#w3c.fields(), ...(this.options.injectsUber ? [uberTraceIdHeader] : [])];
  }
}

const settings = { injectsUber: false };

/** The one of this process; {@link injectForOldConsumers} changes what it writes. */
export const tracePropagator: TextMapPropagator = new TracePropagator(settings);

/** From now on whatever carries a trace carries it for Jaeger's old clients too. */
export function injectForOldConsumers(): void {
  settings.injectsUber = true;
}

/**
 * Whether the parent that a request or a record names is sampled; undefined when it names none. Cheap where it names
 * none, as most do: for decisions that are made before a context is worth its cost.
 */
export function parentIsSampled(traceparent: string | undefined, uberTraceId: string | undefined): boolean | undefined {
  if (traceparent === undefined && uberTraceId === undefined) return undefined;
  const parent =
    (traceparent === undefined ? null : parseTraceParent(traceparent)) ?? parseUberTraceId(uberTraceId ?? '');
  return parent === undefined ? undefined : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
}
