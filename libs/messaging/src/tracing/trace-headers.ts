import { type Context, context, propagation } from '@opentelemetry/api';

type Carrier = Record<string, string | Buffer>;

/** Writes the context's `traceparent` (and `tracestate`) into record headers. */
export function injectTrace(headers: Carrier, of: Context = context.active()): void {
  propagation.inject(of, headers, { set: (carrier: Carrier, name, value) => void (carrier[name] = value) });
}

/** The context that a record's headers carry; the given one when they carry none. */
export function contextOf(headers: Readonly<Carrier>, base: Context): Context {
  return propagation.extract(base, headers, {
    keys: (carrier) => Object.keys(carrier),
    get: (carrier, name) => carrier[name]?.toString(),
  });
}
