import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { createSampler } from './early-sampling.js';
import { rememberPreload } from './lifecycle.js';
import type { ObservabilitySettings } from './settings.js';

/** Without an endpoint spans still get their ids (for logs, problem documents and headers) and go nowhere. */
const discard: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

export function startSdk(settings: ObservabilitySettings, serviceName: string): void {
  const exporting = settings.otlpEndpoint !== undefined;
  const sdk = new NodeSDK({
    serviceName,
    sampler: createSampler(settings.traceSampleRatio),
    textMapPropagator: new W3CTraceContextPropagator(),
    spanProcessors: [exporting ? new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }) : discard],
    metricReaders: exporting ? [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })] : [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation(),
      // Nothing of a statement's values, and no span for queries outside of a trace (polls, health checks).
      new PgInstrumentation({ requireParentSpan: true, enhancedDatabaseReporting: false }),
    ],
  });
  sdk.start();
  rememberPreload(sdk);
}
