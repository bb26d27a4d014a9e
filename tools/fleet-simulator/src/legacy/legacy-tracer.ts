import jaegerClient from 'jaeger-client';
import { FORMAT_HTTP_HEADERS, Tags } from 'opentracing';

/** What such devices are called in Jaeger. */
export const legacyService = 'legacy-device';

/** All of a fleet's legacy devices together. */
const maxTracesPerSecond = 10;
const flushIntervalMs = 1_000;
const closePatienceMs = 5_000;

/** One request of a traced device. */
export interface TracedRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** @param answer the status with what belongs to it, or `broken` */
  end(answer: string): void;
}

/**
 * Devices that are traced as before OpenTelemetry, by Jaeger's own client in its last release: trace ids of 64 bits, `uber-trace-id` on
 * their requests, spans in thrift to Jaeger.
 */
export class LegacyTracer {
  readonly #tracer: ReturnType<typeof jaegerClient.initTracer>;

  /** @param collectorUrl `http://host:port/api/traces` or `udp://host:port` (thrift, binary); by default what the client takes */
  constructor(collectorUrl?: string) {
    const sampler = { type: 'ratelimiting', param: maxTracesPerSecond };
    const reporter = { flushIntervalMs, ...placeOf(collectorUrl) };
    this.#tracer = jaegerClient.initTracer({ serviceName: legacyService, sampler, reporter }, { logger: silent });
  }

  begin(method: string, path: string, device: string): TracedRequest {
    const span = this.#tracer.startSpan(`${method} ${path}`, {
      tags: { [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_CLIENT, [Tags.HTTP_METHOD]: method, device },
    });
    const headers: Record<string, string> = {};
    this.#tracer.inject(span, FORMAT_HTTP_HEADERS, headers);
    return {
      headers,
      end: (answer) => {
        const status = Number.parseInt(answer, 10);
        if (Number.isFinite(status)) span.setTag(Tags.HTTP_STATUS_CODE, status);
        if (!(status < 400)) span.setTag(Tags.ERROR, true);
        span.finish();
      },
    };
  }

  /** Reports what is left; not reachable collectors hold it up for five seconds at most. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closePatienceMs);
    this.#tracer.close(resolve);
    await promise;
    clearTimeout(timer);
  }
}

/** Lost spans are no matter of the fleet's. */
const silent = { info: (): void => undefined, error: (): void => undefined };

function placeOf(collectorUrl: string | undefined): object {
  if (collectorUrl === undefined) return {};
  const { protocol, hostname, port } = new URL(collectorUrl);
  return protocol === 'udp:' ? { agentHost: hostname, agentPort: Number(port) } : { collectorEndpoint: collectorUrl };
}
