import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  TraceFlags,
  type Tracer,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';
import { contextFromHeaders, injectTraceHeaders } from './propagation/record-headers.js';
import { alwaysSampled } from './sampler.js';
import { type SpanDeclaration, spanName } from './schema/spans.js';

export interface Causes {
  readonly attributes: Attributes;
  /** What stands in the braces of the span's name. */
  readonly value?: string;
  /** What the span goes on from at once: it is its child when that is sampled. */
  readonly parent?: Context | undefined;
  /** What else led to it; linked when the span begins a trace of its own, where there is none the unsampled parent. */
  readonly link?: Context | undefined;
}

/**
 * A span that is always sampled: in the trace of its parent when that is sampled, otherwise the first one of a new trace. Work
 * that is delayed on purpose has no parent, only a link. A no-op until the SDK was started.
 */
export function startCausedSpan(tracer: Tracer, declaration: SpanDeclaration, causes: Causes): Span {
  const { attributes, value, parent, link = parent } = causes;
  const name = spanName(declaration, value);
  const { kind } = declaration;
  if (parent !== undefined && isSampledContext(parent)) return tracer.startSpan(name, { kind, attributes }, parent);
  const linked = link === undefined ? undefined : trace.getSpanContext(link);
  const links = linked !== undefined && isSpanContextValid(linked) ? [{ context: linked }] : [];
  return tracer.startSpan(name, { kind, attributes, links, root: true }, alwaysSampled(ROOT_CONTEXT));
}

/** The `traceparent` of a context, to be stored with what is done later; undefined where there is no span. */
export function traceparentOf(context: Context): string | undefined {
  const headers: Record<string, string> = {};
  injectTraceHeaders(headers, context);
  return headers['traceparent'];
}

/** The context that was stored; undefined where none was, or what stands there is none. */
export function contextOfTraceparent(traceparent: string | null | undefined): Context | undefined {
  if (traceparent === null || traceparent === undefined) return undefined;
  const context = contextFromHeaders({ traceparent });
  return trace.getSpanContext(context) === undefined ? undefined : context;
}

function isSampledContext(context: Context): boolean {
  const span = trace.getSpanContext(context);
  return span !== undefined && isSpanContextValid(span) && (span.traceFlags & TraceFlags.SAMPLED) !== 0;
}
