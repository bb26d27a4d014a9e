import type { IncomingMessage, Server } from 'node:http';
import { type Context, ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

const hotRoutes = new Set<string>();
let ratio = 1;
let admitted = false;

/**
 * Names a route that takes so many requests that even an unsampled span costs too much: its sampling is decided before
 * the SDK is called, and requests that are not sampled have no span (so no trace id either). `path` without query.
 */
export function sampleEarly(method: string, path: string): void {
  hotRoutes.add(`${method} ${path}`);
}

/**
 * True = no span at all. A request that brings a sampled parent always gets its span.
 */
function dropBeforeSpan(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  const url = request.url ?? '';
  if (url.startsWith('/health/')) return true;
  if (hotRoutes.size === 0) return false;
  const query = url.indexOf('?');
  if (!hotRoutes.has(`${request.method} ${query === -1 ? url : url.slice(0, query)}`)) return false;
  const { traceparent } = request.headers;
  if (typeof traceparent === 'string') return !/-[0-9a-f]?[13579bdf]$/.test(traceparent);
  admitted = Math.random() < ratio;
  return !admitted;
}

type Emit = (this: Server, event: string, ...args: unknown[]) => boolean;

/**
 * Leads requests that are to have no span past the HTTP instrumentation: asked through its own ignore hook it still
 * binds every request and response, which costs 12 us of the 30 that a hot route takes.
 */
export function leadPastInstrumentation(http: { readonly Server: { readonly prototype: Server } }): void {
  const { prototype } = http.Server;
  const patched = Reflect.get(prototype, 'emit') as Emit & { readonly __original?: Emit; readonly __wrapped?: boolean };
  const original = patched.__original;
  if (original === undefined) return; // not patched: the check at start-up says so
  const untraced = suppressTracing(ROOT_CONTEXT);
  const emit: Emit = function (event, ...args) {
    if (event !== 'request' || !dropBeforeSpan(args[0] as IncomingMessage)) return patched.call(this, event, ...args);
    return context.with(untraced, original, this, event, ...args);
  };
  prototype.emit = Object.assign(emit, { __original: patched, __wrapped: patched.__wrapped }) as Server['emit'];
}

/** Parent-based; of root spans the share `traceSampleRatio`, those of hot routes as decided by {@link dropBeforeSpan}. */
export function createSampler(traceSampleRatio: number): Sampler {
  ratio = traceSampleRatio;
  return new ParentBasedSampler({ root: new EarlyDecisionSampler(traceSampleRatio) });
}

class EarlyDecisionSampler implements Sampler {
  readonly #always = new AlwaysOnSampler();
  readonly #byRatio: TraceIdRatioBasedSampler;

  constructor(traceSampleRatio: number) {
    this.#byRatio = new TraceIdRatioBasedSampler(traceSampleRatio);
  }

  shouldSample(parent: Context, traceId: string): SamplingResult {
    // The instrumentation starts the span in the same turn in which it asked dropBeforeSpan.
    if (admitted && trace.getSpan(parent) === undefined) {
      admitted = false;
      return this.#always.shouldSample();
    }
    return this.#byRatio.shouldSample(parent, traceId);
  }

  toString(): string {
    return `EarlyDecision{${this.#byRatio.toString()}}`;
  }
}
