import { type Context, type Tracer, context, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';

/** The tracer of one room, named as the room. A no-op until the SDK was started. */
export function tracer(name: string): Tracer {
  return trace.getTracer(name);
}

/** 32 hex digits of the active span's trace, for answers and logs; `undefined` when no span is active. */
export function activeTraceId(): string | undefined {
  return traceIdOf(context.active());
}

/** The same of any context. */
export function traceIdOf(within: Context): string | undefined {
  const traceId = trace.getSpanContext(within)?.traceId;
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId;
}

/**
 * Tells the HTTP instrumentation which route answers the active request, with parameters as declared
 * (`/v1/devices/:device`): spans are named after it and the duration metric gets it as `http.route`.
 */
export function nameActiveRequest(route: () => string | undefined): void {
  const metadata = getRPCMetadata(context.active());
  if (metadata === undefined) return; // no span, so nobody pays for the name either
  const name = route();
  if (name !== undefined) metadata.route = name;
}
