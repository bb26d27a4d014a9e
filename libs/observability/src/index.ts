export { sampleEarly, sampleEarlyIf } from './early-sampling.js';
export { activeTraceId, meter, nameActiveRequest, tracer } from './instruments.js';
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
export { durationBucketsSeconds, messagingAttributes, messagingMetrics } from './messaging-attributes.js';
export { contextFromHeaders, injectTraceHeaders } from './propagation.js';
export { RareNotes } from './rare-notes.js';
export { type InstrumentationState, verifyInstrumentation } from './verify-instrumentation.js';
