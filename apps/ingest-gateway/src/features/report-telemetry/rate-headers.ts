import type { ReportRates, Reporter } from '../../domain/report-rates.js';

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, structured fields) of one scope. The quota
 * unit is measurements; a policy's quota is its burst, its window the time in which a burst is earned again.
 */
export function rateHeaders(
  rates: ReportRates,
  reporter: Reporter,
  scope: 'device' | 'tenant',
  nowMs: number,
): { 'ratelimit-policy': string; ratelimit: string } {
  const { policy, remaining } = rates.state(reporter, scope, nowMs);
  const quota = Math.floor(policy.burst);
  const windowSeconds = Math.max(1, Math.ceil(policy.burst / policy.perSecond));
  const resetSeconds = Math.ceil((quota - Math.min(quota, remaining)) / policy.perSecond);
  return {
    'ratelimit-policy': `"${scope}";q=${quota};w=${windowSeconds};qu="measurements"`,
    ratelimit: `"${scope}";r=${Math.min(quota, remaining)};t=${resetSeconds}`,
  };
}
