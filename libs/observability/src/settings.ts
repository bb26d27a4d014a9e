import { type ConfigOf, decimal, defineConfig, integer, oneOf, text, url } from '@myelin/config';

/** What the preload reads itself: it runs before any app's configuration. Further OTEL_* variables go to the SDK. */
export const observabilityConfig = defineConfig({
  /** Share of traces that start here and are kept, 0 to 1. Traces that come in keep their decision. */
  traceSampleRatio: decimal('TRACE_SAMPLE_RATIO', { min: 0, max: 1, default: 0.01 }),
  /** Absent = nothing is exported; trace ids exist all the same. */
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', { optional: true }),
  /** How it is written there; of the values that OpenTelemetry knows those that go over HTTP. */
  otlpProtocol: oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf', 'http/json'], { default: 'http/protobuf' }),
  /** Whether requests and records carry `uber-trace-id` and `uberctx-*` for old consumers, beside W3C trace context. */
  injectUber: oneOf('TRACE_INJECT_UBER', ['true', 'false'], { default: 'false' }),
  /** How long spans wait for others to be exported with, in milliseconds. */
  spanExportDelayMs: integer('OTEL_BSP_SCHEDULE_DELAY', { min: 1, max: 60_000, default: 5_000 }),
  /** Default: the folder name of the app that is started. */
  serviceName: text('OTEL_SERVICE_NAME', { optional: true }),
  disabled: oneOf('OTEL_SDK_DISABLED', ['true', 'false'], { default: 'false' }),
});

export type ObservabilitySettings = ConfigOf<typeof observabilityConfig>;
