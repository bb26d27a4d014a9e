/**
 * A rate limit as one number per key (the generic cell rate algorithm): the instant at which everything taken so far
 * is paid back. A key that was never seen needs no entry.
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

/** How long until `count` can be taken, in milliseconds; 0 when it can be taken now. More than a burst waits for a full one. */
export function waitMs(paidBackAtMs: number, policy: RatePolicy, count: number, nowMs: number): number {
  const owedMs = Math.max(0, paidBackAtMs - nowMs);
  const allowedMs = ((policy.burst - Math.min(count, policy.burst)) * 1_000) / policy.perSecond;
  return Math.max(0, owedMs - allowedMs);
}

/** The new instant after `count` was taken. A batch larger than the burst leaves a debt: the sustained rate holds. */
export function taken(paidBackAtMs: number, policy: RatePolicy, count: number, nowMs: number): number {
  return Math.max(paidBackAtMs, nowMs) + (count * 1_000) / policy.perSecond;
}

/** What can be taken now, in whole units; 0 while there is a debt. */
export function remaining(paidBackAtMs: number, policy: RatePolicy, nowMs: number): number {
  const owedMs = Math.max(0, paidBackAtMs - nowMs);
  return Math.max(0, Math.floor(policy.burst - (owedMs * policy.perSecond) / 1_000 + 1e-6));
}
