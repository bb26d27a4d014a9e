import {
  type Attributes,
  type Context,
  type Link,
  type SpanKind as Kind,
  SpanKind,
  createContextKey,
  trace,
} from '@opentelemetry/api';
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { keepOfHotRoutes } from './early-sampling.js';
import { httpAttributes } from './schema/attributes.js';
import { spans } from './schema/spans.js';

const alwaysKey = createContextKey('myelin: a span that starts here is sampled');

/** A span that is started in this context is sampled, whatever its parent is; its children follow it. */
export function alwaysSampled(from: Context): Context {
  return from.setValue(alwaysKey, true);
}

const always = Object.values(spans).filter(({ sampled }) => sampled === 'always');
const alwaysNames: ReadonlySet<string> = new Set(always.map(({ name }) => name));
/** What stands before a placeholder; a name that begins with one tells nothing. */
const alwaysPrefixes = always
  .map(({ name }) => name.split('{', 1)[0] ?? '')
  .filter((prefix, nth) => prefix !== '' && prefix !== always[nth]?.name);

function isAlwaysSampled(name: string): boolean {
  return alwaysNames.has(name) || alwaysPrefixes.some((prefix) => name.startsWith(prefix));
}

const reading: ReadonlySet<unknown> = new Set(['GET', 'HEAD']);

/**
 * Which spans are kept. Those that are declared so always; otherwise parents decide. Of roots: every
 * request that changes something (neither GET nor HEAD), and of the rest the share `traceSampleRatio`. Of requests to hot routes
 * only those reach it that are to be kept.
 */
export function createSampler(traceSampleRatio: number): Sampler {
  keepOfHotRoutes(traceSampleRatio);
  return new DeclaredSampler(new ParentBasedSampler({ root: new RootSampler(traceSampleRatio) }));
}

class DeclaredSampler implements Sampler {
  constructor(private readonly others: Sampler) {}

  shouldSample(
    parent: Context,
    traceId: string,
    name: string,
    kind: Kind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    if (parent.getValue(alwaysKey) !== true && !isAlwaysSampled(name))
      return this.others.shouldSample(parent, traceId, name, kind, attributes, links);
    const traceState = trace.getSpanContext(parent)?.traceState;
    return { decision: SamplingDecision.RECORD_AND_SAMPLED, ...(traceState !== undefined && { traceState }) };
  }

  toString(): string {
    return `Declared{${this.others.toString()}}`;
  }
}

class RootSampler implements Sampler {
  readonly #byRatio: TraceIdRatioBasedSampler;

  constructor(traceSampleRatio: number) {
    this.#byRatio = new TraceIdRatioBasedSampler(traceSampleRatio);
  }

  shouldSample(parent: Context, traceId: string, _name: string, kind: Kind, attributes: Attributes): SamplingResult {
    if (changesSomething(kind, attributes)) return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    return this.#byRatio.shouldSample(parent, traceId);
  }

  toString(): string {
    return `Root{${this.#byRatio.toString()}}`;
  }
}

function changesSomething(kind: Kind, attributes: Attributes): boolean {
  return kind === SpanKind.SERVER && !reading.has(attributes[httpAttributes.requestMethod] ?? 'GET');
}
