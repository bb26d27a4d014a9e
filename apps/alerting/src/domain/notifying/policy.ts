import type { LabelMatcher } from './label-matchers.js';
import type { Receiver } from './receivers.js';
import type { TimeInterval } from '../definitions/time-intervals.js';

/** One node of the tree that decides who hears of an alert, and how often. What it does not say, it has from above. */
export interface Route {
  /** Where it stands, as Alertmanager writes it: the matchers from the root on. */
  readonly key: string;
  readonly matchers: readonly LabelMatcher[];
  /** The name of one of the policy's receivers. */
  readonly receiver: string;
  /** `all`: every alert is a group of its own (`...`). */
  readonly groupBy: readonly string[] | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** These two are the route's own; they are not handed down. */
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  /** An alert that this route takes is offered to the next ones too. */
  readonly continue: boolean;
  readonly routes: readonly Route[];
}

/** While a source fires, targets that have the same values for `equal` are muted. */
export interface InhibitRule {
  readonly sourceMatchers: readonly LabelMatcher[];
  readonly targetMatchers: readonly LabelMatcher[];
  readonly equal: readonly string[];
}

/** How a tenant's notifications are routed. Read from JSON by `readPolicy`. */
export interface Policy {
  readonly route: Route;
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly inhibitRules: readonly InhibitRule[];
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
}

export const policyLimits = {
  routes: 500,
  depth: 8,
  groupBy: 16,
  receivers: 100,
  inhibitRules: 100,
  equal: 16,
  timeIntervals: 100,
  intervalsPerRoute: 16,
  /** Of all expressions together, in steps per character of a label's value. */
  expressionCost: 4096,
  groupWaitMs: { min: 0, max: 3_600_000 },
  groupIntervalMs: { min: 1_000, max: 86_400_000 },
  repeatIntervalMs: { min: 1_000, max: 30 * 86_400_000 },
} as const;
