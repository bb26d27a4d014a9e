import { type Context, ROOT_CONTEXT, type TextMapGetter, context } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';

type Headers = Record<string, string | Buffer>;
type ReadableHeaders = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[] | undefined>>;

const w3c = new W3CTraceContextPropagator();

/**
 * Writes `traceparent` (and `tracestate`) of the given or the active context into Kafka record headers. Nothing is
 * written when no span is active. Independent of which propagators the SDK was started with.
 */
export function injectTraceHeaders(headers: Headers, from: Context = context.active()): void {
  w3c.inject(from, headers, { set: (carrier: Headers, key, value) => void (carrier[key] = value) });
}

/**
 * The context that record headers carry, for use as a parent or a link. An invalid `traceparent` gives the root
 * context. Values may be strings or buffers; of a repeated header the last counts.
 */
export function contextFromHeaders(headers: ReadableHeaders): Context {
  return w3c.extract(ROOT_CONTEXT, headers, headersGetter);
}

const headersGetter: TextMapGetter<ReadableHeaders> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => {
    const found = carrier[key];
    const value = Array.isArray(found) ? (found as readonly (string | Buffer)[]).at(-1) : found;
    return Buffer.isBuffer(value) ? value.toString('utf8') : (value as string | undefined);
  },
};
