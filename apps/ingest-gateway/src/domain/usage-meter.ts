/**
 * A rate limit as a debt: everything taken is owed, and is paid back at the sustained rate. What was never seen owes
 * nothing and needs no entry; a limit that changes holds for the debt that is there.
 */
export interface RatePolicy {
  /** Sustained, per second. */
  readonly perSecond: number;
  /** How much can be taken at once after a rest. */
  readonly burst: number;
}

/** A burst of twice the sustained rate is let through, and at least one. */
export function policyOf(perSecond: number): RatePolicy {
  return { perSecond, burst: Math.max(1, perSecond * 2) };
}

/** What of a debt noted at `atMs` is left. A clock that steps back pays nothing. */
export function owedNow(owed: number, atMs: number, policy: RatePolicy, nowMs: number): number {
  return Math.max(0, owed - (Math.max(0, nowMs - atMs) * policy.perSecond) / 1_000);
}

/**
 * How long until `count` can be taken, in milliseconds; 0 = now. More than a burst can be taken by who owes nothing: it
 * leaves a debt, so the sustained rate holds all the same.
 */
export function waitMs(owed: number, policy: RatePolicy, count: number): number {
  const excess = owed - (policy.burst - Math.min(count, policy.burst));
  return excess < 1e-6 ? 0 : (excess * 1_000) / policy.perSecond;
}

/** What can be taken now, in whole units; 0 while there is a debt beyond the burst. */
export function remaining(owed: number, policy: RatePolicy): number {
  return Math.max(0, Math.floor(policy.burst - owed + 1e-6));
}
