import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  context,
  defaultTextMapGetter,
  trace,
} from '@opentelemetry/api';
import { takeAdmission } from './early-sampling.js';
import { tracer } from './instruments.js';
import { takeLateSpan } from './late-spans.js';
import { loggedQuery } from './logged-query.js';
import { tracePropagator } from './propagation/trace-propagator.js';
import { alwaysSampled } from './sampler.js';
import { httpAttributes, myelinAttributes } from './schema/attributes.js';
import { spanName, spans } from './schema/spans.js';

/** A request to a hot route, of which nobody made a span when it came. */
export interface UntracedRequest {
  readonly method: string;
  /** As declared, with parameters unfilled. */
  readonly route: string;
  /** When it came, on the scale of `performance.now()`. */
  readonly startedAtMs: number;
}

export interface FailedRequestSpan extends UntracedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly status: number;
  /** Code or name of the error, of few values. */
  readonly errorType: string;
  /** What was active when the request came. */
  readonly began?: Context;
}

const ownTracer = tracer('@myelin/observability');
const known: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * A sampled SERVER span that began when the request did. To be ended with {@link endRequestSpan}. `within`: what it is a
 * child of, sampled or not; by default it is a root.
 */
export function startRequestSpan(request: UntracedRequest, attributes: Attributes, within = ROOT_CONTEXT): Span {
  const method = known.has(request.method) ? request.method : '_OTHER';
  const { kind } = spans.request;
  const own = { [httpAttributes.requestMethod]: method, [httpAttributes.route]: request.route };
  return ownTracer.startSpan(
    spanName(spans.request, `${method === '_OTHER' ? 'HTTP' : method} ${request.route}`),
    { kind, startTime: request.startedAtMs, attributes: { ...own, ...attributes } },
    alwaysSampled(within),
  );
}

/**
 * The context of a request to a hot route that was sampled when it came: its span, in the trace that the request names or in a new
 * one, to be ended with {@link endRequestSpan}. Undefined where it was not sampled, and where there is no SDK. To be asked in the
 * turn in which the request came.
 */
export function startHotRequest(request: IncomingMessage, route: string, startedAtMs: number): Context | undefined {
  if (!takeAdmission()) return undefined;
  const { method = '', url = '', headers, httpVersion, socket } = request;
  const parent = tracePropagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const attributes: Attributes = {
    ...{ [httpAttributes.urlScheme]: 'encrypted' in socket ? 'https' : 'http', [httpAttributes.urlPath]: pathOf(url) },
    ...{ [httpAttributes.protocolVersion]: httpVersion, [httpAttributes.userAgent]: headers['user-agent'] },
    ...{ [httpAttributes.peerAddress]: socket.remoteAddress },
  };
  const query = loggedQuery(url);
  if (query !== undefined) attributes[httpAttributes.urlQuery] = query;
  return trace.setSpan(parent, startRequestSpan({ method, route, startedAtMs }, attributes, parent));
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

export function endRequestSpan(span: Span, status: number, errorType?: string): void {
  span.setAttribute(httpAttributes.statusCode, status);
  const isError = status >= 500;
  if (isError || errorType !== undefined) span.setAttribute(httpAttributes.errorType, errorType ?? String(status));
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(performance.now());
}

/**
 * The context in which a request that ends in a 5xx is to be answered and logged: its own when its span is recorded. For
 * any other a span is written now, with its true start, in the trace that the caller named or in a new one; beyond ten
 * such spans a second none is, and the context is what the caller named.
 */
export function failureContext(request: FailedRequestSpan): Context {
  const began = request.began ?? context.active();
  if (trace.getSpan(began)?.isRecording() === true) return began;
  const parent =
    trace.getSpan(began) === undefined ? tracePropagator.extract(began, request.headers, defaultTextMapGetter) : began;
  if (!takeLateSpan()) return parent;
  const span = startRequestSpan(request, { [myelinAttributes.late]: true }, parent);
  endRequestSpan(span, request.status, request.errorType);
  return trace.setSpan(parent, span);
}
