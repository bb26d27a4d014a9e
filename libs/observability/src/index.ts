export { type Causes, contextOfTraceparent, startCausedSpan, traceparentOf } from './caused-span.js';
export { sampleEarly, sampleEarlyIf } from './early-sampling.js';
export { activeTraceId, nameActiveRequest, traceIdOf, tracer } from './instruments.js';
export { takeLateSpan } from './late-spans.js';
export { scrapeMetrics, shutdownObservability } from './lifecycle.js';
export { observabilityConfig } from './settings.js';
export { type LogThreshold, logLevels } from './log-threshold.js';
export { loggedQuery } from './logged-query.js';
export {
  type LogLevel,
  type LogMethod,
  type Logger,
  type LoggerOptions,
  createLogger,
  logThresholdOf,
  silentLogger,
} from './logger.js';
export { contextFromHeaders, injectTraceHeaders } from './propagation/record-headers.js';
export { parentIsSampled } from './propagation/trace-propagator.js';
export { BoundedCounts } from './metrics/bounded-counts.js';
export { type SampledSpan, activeSampledSpan, sampledSpanIn } from './metrics/exemplar.js';
export { type Histogram, type HistogramCell, histogram } from './metrics/histogram.js';
export { type Counter, type Observe, counter, observe } from './metrics/instruments.js';
export { type Counted, observeCounts } from './metrics/observe-counts.js';
export { type ParsedFamily, type ParsedSample, parseMetrics } from './metrics/parse-metrics.js';
export { familyName, labelName } from './metrics/prometheus-names.js';
export type { ScrapedMetrics } from './metrics/scrape-reader.js';
export { RareNotes } from './rare-notes.js';
export {
  type FailedRequestSpan,
  type UntracedRequest,
  endRequestSpan,
  failureContext,
  startHotRequest,
  startRequestSpan,
} from './request-spans.js';
export { alwaysSampled, createSampler } from './sampler.js';
export {
  type AttributeDeclaration,
  type Cardinality,
  attributeDeclarations,
  httpAttributes,
  messagingAttributes,
  myelinAttributes,
} from './schema/attributes.js';
export { metricAttributes } from './schema/metric-attributes.js';
export {
  type AttributeBounds,
  type AttributesOf,
  type EmittingService,
  type MetricDeclaration,
  maxSeriesPerMetric,
} from './schema/metric-declaration.js';
export { allMetrics, metrics, metricsOf } from './schema/metrics.js';
export { type SpanDeclaration, spanName, spans } from './schema/spans.js';
export { withoutSpans } from './untraced-server.js';
export { type InstrumentationState, verifyInstrumentation } from './verify-instrumentation.js';
