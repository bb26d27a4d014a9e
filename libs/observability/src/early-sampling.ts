import type { IncomingMessage } from 'node:http';
import { type Context, trace } from '@opentelemetry/api';
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
 * For the HTTP instrumentation: true = no span at all. A request that brings a sampled parent always gets its span.
 */
export function dropBeforeSpan(request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
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
