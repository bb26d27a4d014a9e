import { type Context, ROOT_CONTEXT, type TextMapGetter, context } from '@opentelemetry/api';
import { tracePropagator } from './trace-propagator.js';

type Headers = Record<string, string | Buffer>;
type ReadableHeaders = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[] | undefined>>;

/**
 * Writes `traceparent` (and `tracestate`; for old consumers `uber-trace-id`, when so configured) of the given or the
 * active context into Kafka record headers. Nothing is written when no span is active. Independent of which propagators the SDK was started with.
 */
export function injectTraceHeaders(headers: Headers, from: Context = context.active()): void {
  tracePropagator.inject(from, headers, { set: (carrier: Headers, key, value) => void (carrier[key] = value) });
}

/**
 * The context that record headers carry, for use as a parent or a link: `traceparent`, without a valid one
 * `uber-trace-id`, without either the root context. Values may be strings or buffers; of a repeated header the last counts.
 */
export function contextFromHeaders(headers: ReadableHeaders): Context {
  return tracePropagator.extract(ROOT_CONTEXT, headers, headersGetter);
}

const headersGetter: TextMapGetter<ReadableHeaders> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => {
    const found = carrier[key];
    const value = Array.isArray(found) ? (found as readonly (string | Buffer)[]).at(-1) : found;
    return Buffer.isBuffer(value) ? value.toString('utf8') : (value as string | undefined);
  },
};
