/** A span as it came out of a service. Ids are lower-case hex. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: it is the first of its trace. */
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  /** The tracer that wrote it: `@myelin/messaging`. */
  readonly scope: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** Where spans are asked for. They come some time after what they tell of. */
export interface TraceSource {
  /** All of a trace that has come by now. */
  spansOf(traceId: string): Promise<readonly SeenSpan[]>;
  /** Those of a service with this name, in whatever traces they are. */
  spansNamed(service: string, name: string): Promise<readonly SeenSpan[]>;
}
