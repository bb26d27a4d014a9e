import type { TallySummary } from './tally.js';
import { wilsonLowerBound } from './wilson-bound.js';

/** When a rollout is paused without anybody. */
export interface PauseCondition {
  readonly kind: 'failure-share';
  /** Of those who succeeded or did not; 0 to below 1. */
  readonly above: number;
  /** From 1 on: a single failure of a few devices says little. */
  readonly minimumFailures: number;
  /**
   * How sure one wants to be that the share is above in truth, 0.5 to below 1: a small wave then needs a clearer picture. Absent: what
   * was seen counts.
   */
  readonly confidence?: number;
}

/** @returns why a rollout must be paused, for operators; undefined when it need not be */
export function whyToPause(
  conditions: readonly PauseCondition[],
  { succeeded, unsuccessful }: Pick<TallySummary, 'succeeded' | 'unsuccessful'>,
): string | undefined {
  const total = succeeded + unsuccessful;
  const reached = conditions.find(({ above, minimumFailures, confidence = 0.5 }) => {
    const share = confidence <= 0.5 ? unsuccessful / total : wilsonLowerBound(unsuccessful, total, confidence);
    return total > 0 && unsuccessful >= minimumFailures && share > above;
  });
  if (reached === undefined) return undefined;
  const sureness = reached.confidence === undefined ? '' : `, with a confidence of ${reached.confidence}`;
  return `${unsuccessful} of ${total} devices have failed: more than a share of ${reached.above}${sureness}`;
}
