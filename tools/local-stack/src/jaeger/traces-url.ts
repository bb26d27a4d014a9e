export interface TraceSearch {
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** At most. */
  readonly traces: number;
}

/** Where Jaeger's query API answers with traces in which the service has a span that began in that time. */
export function tracesUrl(queryUrl: string, { service, fromMs, toMs, traces }: TraceSearch): string {
  // Names as the release of jaeger-build.ts has them; documentation of others writes them in camel case.
  const query = new URLSearchParams({
    'query.service_name': service,
    'query.start_time_min': new Date(fromMs).toISOString(),
    'query.start_time_max': new Date(toMs).toISOString(),
    'query.num_traces': String(traces),
  });
  return `${queryUrl}/api/v3/traces?${query.toString()}`;
}
