import { mixedHash } from './mixed-hash.js';

/** How often a device shall ask. All in milliseconds; what devices are told is in whole seconds. */
export interface PollingPolicy {
  readonly baseMs: number;
  /** How far a device's interval lies from the base at most, in percent of it: 0 to 50. */
  readonly deviationPercent: number;
  /** While something is rolled out to the device; never slower than `baseMs`. */
  readonly urgentMs: number;
}

export const shortestPollingMs = 30_000;
/** A day and more would be told in another form, which no client reads. */
export const longestPollingMs = 86_399_000;

/**
 * The interval of one device, in milliseconds, whole seconds. Always the same for the same key, so that answers can be
 * the same bytes; spread evenly over the devices, so that those started together do not ask together for ever.
 * @param deviceKey `<tenant>/<device>`
 */
export function pollingIntervalMs(policy: PollingPolicy, deviceKey: string, urgent: boolean): number {
  const baseMs = urgent ? Math.min(policy.urgentMs, policy.baseMs) : policy.baseMs;
  const spread = Math.floor((baseMs * policy.deviationPercent) / 100 / 1_000);
  // In [-spread, spread] seconds, each as likely as the other.
  const deviation = Math.floor((mixedHash(deviceKey) / 2 ** 32) * (2 * spread + 1)) - spread;
  const ms = (Math.round(baseMs / 1_000) + deviation) * 1_000;
  return Math.min(longestPollingMs, Math.max(shortestPollingMs, ms));
}

/** `HH:MM:SS`, exactly eight characters. */
export function sleepText(intervalMs: number): string {
  const s = Math.floor(Math.min(longestPollingMs, Math.max(shortestPollingMs, intervalMs)) / 1_000);
  return [Math.floor(s / 3_600), Math.floor(s / 60) % 60, s % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
