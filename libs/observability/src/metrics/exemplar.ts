import { type Context, TraceFlags, context, trace } from '@opentelemetry/api';

/** One measurement with the trace that it was made in (OpenMetrics 1.0, exemplars). */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Where a sampled trace can be found again. */
export interface SampledSpan {
  readonly traceId: string;
  readonly spanId: string;
}

/** The active span, when its trace is kept: only such a trace is worth being named. */
export function activeSampledSpan(): SampledSpan | undefined {
  return sampledSpanIn(context.active());
}

/** The same of any context. */
export function sampledSpanIn(within: Context): SampledSpan | undefined {
  const found = trace.getSpanContext(within);
  return found !== undefined && (found.traceFlags & TraceFlags.SAMPLED) !== 0 ? found : undefined;
}
