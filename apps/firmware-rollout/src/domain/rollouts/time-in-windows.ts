import { isTimeZone } from '@myelin/kernel';
import { type WeeklyWindow, isInWindow, opensInMs } from './weekly-windows.js';

/** So long a window is open at least before the time of whoever waited for it is up. */
const graceMs = 600_000;

/**
 * When the time of an offer is up that nobody has begun: time in which its window is closed is not the device's fault. Undefined: it
 * is up. A zone that this process does not know counts as UTC, as it does where the device is answered.
 */
export function dueInWindows(
  { weekly, timeZone }: { readonly weekly: readonly WeeklyWindow[]; readonly timeZone: string },
  timeoutMs: number,
  nowMs: number,
): number | undefined {
  const zone = isTimeZone(timeZone) ? timeZone : 'UTC';
  if (!isInWindow(weekly, zone, nowMs)) return nowMs + opensInMs(weekly, zone, nowMs) + timeoutMs;
  const isOpenForLong = isInWindow(weekly, zone, nowMs - Math.min(graceMs, timeoutMs));
  return isOpenForLong ? undefined : nowMs + timeoutMs;
}
