import { wallTimeAt } from '@myelin/kernel';

/** From Sunday 00:00 on. */
export const minutesPerWeek = 10_080;
const minuteMs = 60_000;

/** A piece of every week, by the clocks of a place. One that ends before it begins goes on into the next week; from and to the same minute is the whole week. */
export interface WeeklyWindow {
  /** Minutes since Sunday 00:00, below `minutesPerWeek`. */
  readonly fromMinute: number;
  /** Not part of it. */
  readonly toMinute: number;
}

/** @param timeZone IANA name @throws RangeError for what is no time zone */
export function isInWindow(windows: readonly WeeklyWindow[], timeZone: string, instantMs: number): boolean {
  const at = minuteOfWeek(timeZone, instantMs);
  return windows.some(({ fromMinute: from, toMinute: to }) =>
    from < to ? at >= from && at < to : at >= from || at < to,
  );
}

/** How long it is until one begins, in milliseconds; where clocks are changed meanwhile, up to that more or less. */
export function opensInMs(windows: readonly WeeklyWindow[], timeZone: string, instantMs: number): number {
  const at = minuteOfWeek(timeZone, instantMs);
  const minutes = windows.map(({ fromMinute }) => (fromMinute - at + minutesPerWeek) % minutesPerWeek);
  return Math.min(...minutes) * minuteMs - (instantMs % minuteMs);
}

function minuteOfWeek(timeZone: string, instantMs: number): number {
  const { year, month, day, hour, minute } = wallTimeAt(timeZone, instantMs);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() * 1_440 + hour * 60 + minute;
}
