import { type ConfigOf, decimal, defineConfig, oneOf, text, url } from '@myelin/config';

/** What the preload reads itself: it runs before any app's configuration. Further OTEL_* variables go to the SDK. */
export const observabilityConfig = defineConfig({
  /** Share of traces that start here and are kept, 0 to 1. Traces that come in keep their decision. */
  traceSampleRatio: decimal('TRACE_SAMPLE_RATIO', { min: 0, max: 1, default: 0.01 }),
  /** Absent = nothing is exported; trace ids exist all the same. */
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', { optional: true }),
  /** Default: the folder name of the app that is started. */
  serviceName: text('OTEL_SERVICE_NAME', { optional: true }),
  disabled: oneOf('OTEL_SDK_DISABLED', ['true', 'false'], { default: 'false' }),
});

export type ObservabilitySettings = ConfigOf<typeof observabilityConfig>;
