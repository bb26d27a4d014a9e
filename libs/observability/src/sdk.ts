import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Attributes } from '@opentelemetry/api';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { AggregationType, PeriodicExportingMetricReader, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { rememberPreload } from './lifecycle.js';
import { loggedQuery } from './logged-query.js';
import { HistogramProducer } from './metrics/histogram-producer.js';
import { observeProcess } from './metrics/process-metrics.js';
import { ScrapeReader } from './metrics/scrape-reader.js';
import { injectForOldConsumers, tracePropagator } from './propagation/trace-propagator.js';
import { createSampler } from './sampler.js';
import type { ObservabilitySettings } from './settings.js';
import { CountedSpans } from './span-exports.js';

/** Without an endpoint spans still get their ids (for logs, problem documents and headers) and go nowhere. */
const discard: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

/** Of a query a span has no more than a log: tokens and free text stand in queries that clients get wrong. */
function withoutValues({ url = '' }: IncomingMessage): Attributes {
  return url.includes('?') ? { 'url.query': loggedQuery(url) ?? '' } : {};
}

/** Paths of webhooks are secrets of their receivers. */
function withoutPath({ protocol, hostname, host, port }: RequestOptions): Attributes {
  const place = hostname ?? host ?? 'localhost';
  return { 'url.full': `${protocol ?? 'http:'}//${place}${port === undefined || port === null ? '' : `:${port}`}/` };
}

/** Of the same things we have metrics of our own, with attributes that have bounds; these would have one per webhook's host. */
const withoutInstrumentations: ViewOptions[] = ['http', 'pg'].map((name) => ({
  meterName: `@opentelemetry/instrumentation-${name}`,
  instrumentName: '*',
  aggregation: { type: AggregationType.DROP },
}));

export function startSdk(settings: ObservabilitySettings, serviceName: string): void {
  if (settings.injectUber === 'true') injectForOldConsumers();
  const scraped = new ScrapeReader();
  const sdk = new NodeSDK({
    serviceName,
    sampler: createSampler(settings.traceSampleRatio),
    textMapPropagator: tracePropagator,
    spanProcessors: [spanProcessor(settings)],
    metricReaders: [scraped, ...pushingReaders(settings)],
    views: withoutInstrumentations,
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({ startIncomingSpanHook: withoutValues, startOutgoingSpanHook: withoutPath }),
      // Nothing of a statement's values, and no span for queries outside of a trace (polls, health checks).
      new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false }),
    ],
  });
  sdk.start();
  rememberPreload(sdk, scraped);
  observeProcess();
}

function spanProcessor(settings: ObservabilitySettings): SpanProcessor {
  const { otlpEndpoint, otlpProtocol, spanExportDelayMs } = settings;
  if (otlpEndpoint === undefined) return discard;
  const exporter = otlpProtocol === 'http/json' ? new JsonTraceExporter() : new OTLPTraceExporter();
  return new CountedSpans(exporter, spanExportDelayMs);
}

function pushingReaders({ otlpEndpoint, otlpProtocol }: ObservabilitySettings): PeriodicExportingMetricReader[] {
  if (otlpEndpoint === undefined) return [];
  const exporter = otlpProtocol === 'http/json' ? new JsonMetricExporter() : new OTLPMetricExporter();
  return [new PeriodicExportingMetricReader({ exporter, metricProducers: [new HistogramProducer()] })];
}
