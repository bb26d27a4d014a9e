import type { Check } from '../examine.js';
import { type Finding, error, info, ok, warning } from '../finding.js';
import { placeOf, reasonOf } from '../without-secrets.js';

const patienceMs = 3_000;

/** Whether the collector takes spans, and metrics, as the services send them: an empty export, which is no bytes of protobuf. */
export const collector: Check = async ({ config }) => {
  const { otlpEndpoint, otlpHeaders } = config;
  if (otlpEndpoint === undefined) {
    const remedy = 'npm run jaeger, then set OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318';
    return [info('collector', 'OTEL_EXPORTER_OTLP_ENDPOINT is not set: spans go nowhere', remedy)];
  }
  const [spans, metrics] = await Promise.all([
    exported(otlpEndpoint, 'traces', otlpHeaders),
    exported(otlpEndpoint, 'metrics', otlpHeaders),
  ]);
  const place = placeOf(otlpEndpoint);
  if (spans !== undefined) {
    const remedy =
      'start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT: OTLP over HTTP, port 4318 by custom (4317 is gRPC)';
    return [error('collector', `the collector at ${place} takes no spans: ${spans}`, remedy)];
  }
  return [ok('collector', `the collector at ${place} takes spans`), ...metricsFinding(place, metrics)];
};

function metricsFinding(place: string, why: string | undefined): Finding[] {
  if (why === undefined) return [ok('collector', `the collector at ${place} takes metrics`)];
  // Jaeger alone takes spans only; metrics can still be scraped.
  if (why.includes('404')) return [info('collector', `the collector at ${place} takes no metrics, as Jaeger alone`)];
  return [
    warning(
      'collector',
      `the collector at ${place} takes no metrics: ${why}`,
      'give its configuration a pipeline of metrics',
    ),
  ];
}

/** @returns why not; undefined when it was taken */
async function exported(endpoint: string, signal: 'traces' | 'metrics', given: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${endpoint.replace(/\/$/, '')}/v1/${signal}`, {
      method: 'POST',
      headers: { ...headersOf(given), 'content-type': 'application/x-protobuf' },
      body: new Uint8Array(),
      signal: AbortSignal.timeout(patienceMs),
    });
    await response.arrayBuffer();
    return response.ok ? undefined : `HTTP status ${response.status}`;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

/** As the SDK reads them: values are percent-encoded. */
function headersOf(given: string): Record<string, string> {
  const pairs = given.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      return [pair.slice(0, equals).trim(), decodeURIComponent(pair.slice(equals + 1).trim())];
    }),
  );
}
