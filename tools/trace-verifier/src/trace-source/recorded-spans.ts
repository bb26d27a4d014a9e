import type { SeenSpan, TraceSource } from './trace-source.js';

/** Spans in memory. The same span that comes again is one span. */
export class RecordedSpans implements TraceSource {
  readonly #spans = new Map<string, SeenSpan>();

  constructor(spans: readonly SeenSpan[] = []) {
    this.add(spans);
  }

  get all(): readonly SeenSpan[] {
    return [...this.#spans.values()];
  }

  add(spans: readonly SeenSpan[]): void {
    for (const span of spans) this.#spans.set(`${span.traceId}/${span.spanId}`, span);
  }

  spansOf(traceId: string): Promise<readonly SeenSpan[]> {
    return Promise.resolve(this.all.filter((span) => span.traceId === traceId));
  }

  spansNamed(service: string, name: string): Promise<readonly SeenSpan[]> {
    return Promise.resolve(this.all.filter((span) => span.service === service && span.name === name));
  }
}

/**
 * What would have been seen if no record on Kafka had trace headers: every consumer would begin a trace of its own. Whoever takes
 * this for whole looks at nothing.
 */
export function withoutKafkaHeaders(spans: readonly SeenSpan[]): SeenSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const consumerAbove = (span: SeenSpan): SeenSpan | undefined => {
    for (let one: SeenSpan | undefined = span; one !== undefined; one = byId.get(one.parentSpanId ?? ''))
      if (isConsumer(one)) return one;
    return undefined;
  };
  return spans.map((span) => {
    const consumer = consumerAbove(span);
    if (consumer === undefined) return span;
    const own = { ...span, traceId: consumer.spanId.repeat(2) };
    return isConsumer(span) ? { ...own, parentSpanId: undefined } : own;
  });
}

function isConsumer({ name }: SeenSpan): boolean {
  return name.startsWith('process ');
}
