/** A span of time as PromQL writes it. */
export type Window = `${number}${'m' | 'h' | 'd'}`;

/**
 * A promise about a share of events over 30 days. `events` and `failures` are PromQL over counters, with the window that
 * is asked for; failures are among the events.
 */
export interface Objective {
  /** Kebab-case; label `objective` of everything that derives from it. */
  readonly name: string;
  /** What is promised, as one sentence. */
  readonly promise: string;
  /** Page of `docs/runbooks`, without its ending. Default: the name. */
  readonly runbook?: string | undefined;
  /** Share of events that have to be good, below 1. */
  readonly target: number;
  readonly events: (window: Window) => string;
  readonly failures: (window: Window) => string;
  /** A counter's series that `events` and `failures` read, for the rules' own tests: all of one kind. */
  readonly trial: { readonly good: readonly string[]; readonly bad: readonly string[] };
}

interface CounterPromise extends Pick<Objective, 'name' | 'promise' | 'runbook' | 'target'> {
  readonly metric: string;
  readonly selector: readonly string[];
  /** Selects what failed. */
  readonly failed: string;
  /** Labels of one event that failed, and of one that did not. */
  readonly examples: { readonly good: string; readonly bad: string };
}

/** Of a counter's events those with certain labels have failed. */
export function shareOf(given: CounterPromise): Objective {
  const { metric, selector, failed, examples } = given;
  const rate = (window: Window, ...matchers: readonly string[]): string =>
    `sum(rate(${metric}{${[...selector, ...matchers].join(',')}}[${window}]))`;
  return {
    ...{ name: given.name, promise: given.promise, runbook: given.runbook, target: given.target },
    events: (window) => rate(window),
    // Nothing failed yet = no series with these labels, which is none and not unknown.
    failures: (window) => `(${rate(window, failed)} or vector(0))`,
    trial: { good: [`${metric}{${examples.good}}`], bad: [`${metric}{${examples.bad}}`] },
  };
}

/** A boundary as OpenMetrics writes it, and as Prometheus' own text does. */
function boundOf(seconds: number): { readonly one: string; readonly either: string } {
  if (!Number.isInteger(seconds)) return { one: `le="${seconds}"`, either: `le="${seconds}"` };
  return { one: `le="${seconds}.0"`, either: `le=~"${seconds}([.]0)?"` };
}

interface LatencyPromise extends Pick<Objective, 'name' | 'promise' | 'runbook' | 'target'> {
  /** A histogram in seconds. */
  readonly metric: string;
  readonly selector: readonly string[];
  /** One of the histogram's boundaries. */
  readonly withinSeconds: number;
  /** Labels of one event. */
  readonly example: string;
}

/** Of a histogram's events those that took longer have failed. */
export function withinTime(given: LatencyPromise): Objective {
  const { metric, selector, withinSeconds, example } = given;
  const bound = boundOf(withinSeconds);
  const all = (window: Window): string => `sum(rate(${metric}_count{${selector.join(',')}}[${window}]))`;
  const quick = (window: Window): string =>
    `sum(rate(${metric}_bucket{${[...selector, bound.either].join(',')}}[${window}]))`;
  const labels = (...more: readonly string[]): string => [example, ...more].filter((text) => text !== '').join(',');
  const count = `${metric}_count{${labels()}}`;
  return {
    ...{ name: given.name, promise: given.promise, runbook: given.runbook, target: given.target },
    events: all,
    failures: (window) => `(${all(window)} - ${quick(window)})`,
    trial: { good: [count, `${metric}_bucket{${labels(bound.one)}}`], bad: [count] },
  };
}
