import { type Meter, type Tracer, metrics, trace } from '@opentelemetry/api';

/** The meter of one room, named as the room (`@myelin/messaging`). A no-op until the SDK was started. */
export function meter(name: string): Meter {
  return metrics.getMeter(name);
}

/** The tracer of one room, named as the room. A no-op until the SDK was started. */
export function tracer(name: string): Tracer {
  return trace.getTracer(name);
}

/** 32 hex digits of the active span's trace, for answers and logs; `undefined` when no span is active. */
export function activeTraceId(): string | undefined {
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId;
}
