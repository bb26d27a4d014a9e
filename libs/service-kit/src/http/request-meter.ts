import {
  type HistogramCell,
  type SampledSpan,
  histogram,
  metricAttributes as names,
  metrics,
  observe,
} from '@myelin/observability';

const durations = histogram(metrics.requestDuration);
const knownMethods = new Set<string>(metrics.requestDuration.attributes[names.requestMethod].values);

/** As nginx writes it: the client was gone before its answer. */
export const clientGone = 499;

/** Durations of one method of one route, by status: on the way of a request a few additions, no call of the SDK. */
export class RouteMeter {
  readonly #byStatus: (HistogramCell | undefined)[] = [];

  constructor(
    private readonly method: string,
    private readonly route: string | undefined,
  ) {}

  /** @param startedAtMs on the scale of `performance.now()`; @param span of the request, the active one by default, null: none */
  record(status: number, startedAtMs: number, span?: SampledSpan | null): void {
    const cell = (this.#byStatus[status] ??= this.#cell(status));
    cell.record((performance.now() - startedAtMs) / 1_000, span);
  }

  #cell(status: number): HistogramCell {
    const method = knownMethods.has(this.method) ? this.method : '_OTHER';
    const answered = { [names.requestMethod]: method, [names.statusCode]: status };
    return durations.cell(this.route === undefined ? answered : { ...answered, [names.route]: this.route });
  }
}

/** Requests of one server: how long they take, and how many are under way. */
export class RequestMeter {
  readonly #routes = new Map<string, RouteMeter>();
  readonly #stop: () => void;
  #active = 0;

  constructor() {
    this.#stop = observe(metrics.activeRequests, (tell) => tell(this.#active));
  }

  started(): void {
    this.#active += 1;
  }

  ended(): void {
    this.#active -= 1;
  }

  /** @param route as declared; undefined where nothing is at the path */
  of(method: string, route: string | undefined): RouteMeter {
    const key = `${method} ${route ?? ''}`;
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const made = new RouteMeter(method, route);
    if (this.#routes.size < maxRoutes) this.#routes.set(key, made);
    return made;
  }

  close(): void {
    this.#stop();
  }
}

/** Methods that nobody knows are many; they are made again and again then, and share what they count. */
const maxRoutes = 2_000;
