import { MetricReader } from '@opentelemetry/sdk-metrics';
import { maxSeriesPerMetric } from '../schema/metric-declaration.js';
import { HistogramProducer } from './histogram-producer.js';
import { type MetricsFormat, metricsMediaTypes, metricsText } from './open-metrics.js';

export interface ScrapedMetrics {
  readonly contentType: string;
  readonly body: string;
}

/** For all that observes a database. */
const collectTimeoutMs = 5_000;

/** Collects when it is asked; requests that come in together share one collection. */
export class ScrapeReader extends MetricReader {
  #collecting: ReturnType<MetricReader['collect']> | undefined;

  constructor() {
    super({ metricProducers: [new HistogramProducer()], cardinalitySelector: () => maxSeriesPerMetric });
  }

  /** @param accept of the request, as Prometheus sends it */
  async scrape(accept: string | undefined): Promise<ScrapedMetrics> {
    this.#collecting ??= this.collect({ timeoutMillis: collectTimeoutMs }).finally(
      () => (this.#collecting = undefined),
    );
    const { resourceMetrics } = await this.#collecting;
    const format = formatFor(accept);
    return { contentType: metricsMediaTypes[format], body: metricsText(resourceMetrics, format) };
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** OpenMetrics for whoever knows its version 1.0.0; the text format for all others. */
export function formatFor(accept = ''): MetricsFormat {
  const wanted = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const of = (name: string): string | undefined =>
      parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1);
    return { type, version: of('version') ?? '1.0.0', quality: Number(of('q') ?? 1) };
  });
  const best = (types: readonly string[], isOpen: boolean): number =>
    Math.max(
      0,
      ...wanted
        .filter(({ type, version }) => types.includes(type) && (!isOpen || version === '1.0.0'))
        .map(({ quality }) => (Number.isNaN(quality) ? 0 : quality)),
    );
  const open = best(['application/openmetrics-text'], true);
  return open > 0 && open >= best(['text/plain'], false) ? 'open-metrics' : 'prometheus';
}
