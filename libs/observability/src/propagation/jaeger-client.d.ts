/** What specs and the fleet simulator need of Jaeger's old client, which brings no types. */
declare module 'jaeger-client' {
  export interface OldSpanContext {
    readonly traceIdStr: string;
    readonly spanIdStr: string;
    readonly flags: number;
    readonly isValid: boolean;
    readonly baggage: Readonly<Record<string, string>>;
  }

  export interface OldSpan {
    context(): OldSpanContext;
    setBaggageItem(name: string, value: string): void;
    setTag(name: string, value: unknown): void;
    finish(): void;
  }

  export interface OldTracer {
    startSpan(name: string): OldSpan;
    inject(context: OldSpanContext, format: string, carrier: Record<string, string>): void;
    extract(format: string, carrier: Readonly<Record<string, string>>): OldSpanContext | null;
    close(): void;
  }

  /** A span of OpenTracing, as far as it is needed. */
  interface TracedSpan {
    setTag(name: string, value: unknown): void;
    finish(): void;
  }

  /** A tracer of OpenTracing. */
  interface ReportingTracer {
    startSpan(name: string, options: { readonly tags: Readonly<Record<string, unknown>> }): TracedSpan;
    inject(span: TracedSpan, format: string, carrier: Record<string, string>): void;
    close(done: () => void): void;
  }

  const client: {
    /** Reports by thrift over HTTP (`collectorEndpoint`) or UDP (`agentHost`, `agentPort`). */
    readonly initTracer: (
      configuration: { readonly serviceName: string; readonly sampler: object; readonly reporter: object },
      options: { readonly logger: { info(line: string): void; error(line: string): void } },
    ) => ReportingTracer;
    readonly Tracer: new (
      service: string,
      reporter: object,
      sampler: object,
      options: { readonly traceId128bit?: boolean },
    ) => OldTracer;
    readonly InMemoryReporter: new () => object;
    readonly ConstSampler: new (decision: boolean) => object;
  };
  export default client;
}
