import type { Attributes } from '@opentelemetry/api';
import type { AttributesOf, MetricDeclaration } from '../schema/metric-declaration.js';
import { maxSeriesPerMetric } from '../schema/metric-declaration.js';
import { type Exemplar, type SampledSpan, activeSampledSpan } from './exemplar.js';
import { registeredHistograms } from './registered-histograms.js';

/** One series: plain numbers, so that a hot way may count in it without a call of the SDK. */
export class HistogramCell {
  /** One more than there are bounds: the last is everything above. */
  readonly counts: number[];
  /** By bucket, the last one whose trace is kept. */
  readonly exemplars: (Exemplar | undefined)[];
  readonly sinceMs = Date.now();
  count = 0;
  sum = 0;

  constructor(
    private readonly bounds: readonly number[],
    readonly attributes: Attributes,
  ) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
    this.exemplars = new Array<Exemplar | undefined>(bounds.length + 1).fill(undefined);
  }

  /** @param times how many measurements have this value, as of a batch */
  record(value: number, span: SampledSpan | null | undefined = activeSampledSpan(), times = 1): void {
    if (Number.isNaN(value)) return;
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + times;
    this.count += times;
    this.sum += value * times;
    if (span === undefined || span === null) return;
    this.exemplars[bucket] = { traceId: span.traceId, spanId: span.spanId, value, atMs: Date.now() };
  }
}

/** Attributes of the points that came when there were too many series (OpenTelemetry's metrics SDK, cardinality limits). */
const overflow = { 'otel.metric.overflow': true };

/**
 * A histogram of ours: the SDK's has no exemplars, and costs ten times as much per call. Collected by every reader through
 * {@link registeredHistograms}; the same declaration gives the same histogram.
 */
export class Histogram<Declaration extends MetricDeclaration = MetricDeclaration> {
  readonly #cells = new Map<string, HistogramCell>();

  constructor(readonly declaration: Declaration) {}

  get cells(): Iterable<HistogramCell> {
    return this.#cells.values();
  }

  /** The series of these attributes; hot ways keep it. */
  cell(attributes: AttributesOf<Declaration> = {}): HistogramCell {
    const given = attributes as Readonly<Record<string, string | number>>;
    let key = '';
    for (const name in given) key += `${name}\n${given[name]}\n`;
    return this.#cells.get(key) ?? this.#create(key, given);
  }

  record(value: number, attributes?: AttributesOf<Declaration>, span?: SampledSpan): void {
    this.cell(attributes).record(value, span);
  }

  #create(key: string, attributes: Attributes): HistogramCell {
    const isFull = this.#cells.size >= maxSeriesPerMetric && key !== 'overflow';
    if (isFull) return this.#cells.get('overflow') ?? this.#create('overflow', overflow);
    const cell = new HistogramCell(this.declaration.bounds ?? [], { ...attributes });
    this.#cells.set(key, cell);
    return cell;
  }
}

/** @throws TypeError when the declaration is none of a histogram with ascending bounds */
export function histogram<const Declaration extends MetricDeclaration>(
  declaration: Declaration,
): Histogram<Declaration> {
  const known = registeredHistograms.get(declaration.name);
  if (known !== undefined) return known as Histogram<Declaration>;
  const { instrument, bounds = [], name } = declaration;
  const isAscending = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number));
  if (instrument !== 'histogram' || bounds.length === 0 || !isAscending) {
    throw new TypeError(`${name} is not declared as a histogram with ascending bounds`);
  }
  const made = new Histogram(declaration);
  registeredHistograms.set(name, made as unknown as Histogram);
  return made;
}
