export { type Causes, contextOfTraceparent, startCausedSpan, traceparentOf } from './caused-span.js';
export { sampleEarly, sampleEarlyIf } from './early-sampling.js';
export { activeTraceId, meter, nameActiveRequest, traceIdOf, tracer } from './instruments.js';
export { lateSpanCounts, takeLateSpan } from './late-spans.js';
export { shutdownObservability } from './lifecycle.js';
export { loggedQuery } from './logged-query.js';
export {
  type LogLevel,
  type LogMethod,
  type Logger,
  type LoggerOptions,
  createLogger,
  silentLogger,
} from './logger.js';
export { durationBucketsSeconds, messagingMetrics } from './messaging-attributes.js';
export { contextFromHeaders, injectTraceHeaders } from './propagation/record-headers.js';
export { parentIsSampled } from './propagation/trace-propagator.js';
export { RareNotes } from './rare-notes.js';
export {
  type FailedRequestSpan,
  type UntracedRequest,
  endRequestSpan,
  failureContext,
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
export { type SpanDeclaration, spanName, spans } from './schema/spans.js';
export { type InstrumentationState, verifyInstrumentation } from './verify-instrumentation.js';
