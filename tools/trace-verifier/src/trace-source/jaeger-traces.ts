import { describeError } from '@myelin/kernel';
import { TraceVerifierError } from '../trace-verifier.errors.js';
import { type OtlpTraces, spansFromOtlp } from './otlp-json.js';
import type { SeenSpan, TraceSource } from './trace-source.js';

const timeoutMs = 10_000;
/** Traces that one search gives at most. */
const depth = 200;

/** A Jaeger's query API of version 3. */
export class JaegerTraces implements TraceSource {
  /** @param queryUrl without a path, such as http://127.0.0.1:16686 */
  constructor(
    private readonly queryUrl: string,
    private readonly sinceMs = Date.now() - 60_000,
  ) {}

  spansOf(traceId: string): Promise<readonly SeenSpan[]> {
    return this.#ask(`/api/v3/traces/${traceId}`);
  }

  async spansNamed(service: string, name: string): Promise<readonly SeenSpan[]> {
    const query = new URLSearchParams({
      ...{ 'query.service_name': service, 'query.operation_name': name, 'query.num_traces': String(depth) },
      'query.start_time_min': new Date(this.sinceMs).toISOString(),
      'query.start_time_max': new Date(Date.now() + 60_000).toISOString(),
    });
    const spans = await this.#ask(`/api/v3/traces?${query.toString()}`);
    return spans.filter((span) => span.service === service && span.name === name);
  }

  /** What is not there, or not yet, is nothing. @throws TraceVerifierError trace-verifier.query-failed */
  async #ask(path: string): Promise<SeenSpan[]> {
    try {
      const response = await fetch(`${this.queryUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
      const text = await response.text();
      if (response.status === 404) return [];
      if (!response.ok) throw new Error(`status ${response.status} ${text.slice(0, 200)}`);
      return answersIn(text).flatMap(({ result }) => (result === undefined ? [] : spansFromOtlp(result)));
    } catch (cause) {
      const message = `Jaeger did not answer ${path.split('?')[0] ?? path}: ${describeError(cause)}`;
      throw TraceVerifierError.retryable('trace-verifier.query-failed', message, { cause });
    }
  }
}

/** One object, or, of a search that gives several traces, one per line. */
function answersIn(text: string): readonly { readonly result?: OtlpTraces }[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => JSON.parse(line) as { readonly result?: OtlpTraces });
}
