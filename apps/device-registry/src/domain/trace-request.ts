export const traceRequestLimits = {
  /** That are not over. */
  perTenant: 20,
  defaultMinutes: 10,
  longestMinutes: 60,
  reasonLength: 256,
  /** How long after its end one is deleted, so that whoever reads the topic late does not see it run. */
  keptMs: 3_600_000,
} as const;

/** When a request that is made now ends. */
export function traceRequestEnd(now: Date, minutes: number = traceRequestLimits.defaultMinutes): Date {
  return new Date(now.getTime() + minutes * 60_000);
}
