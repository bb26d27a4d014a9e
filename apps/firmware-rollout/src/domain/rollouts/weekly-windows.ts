import { wallTimeAt } from '@myelin/kernel';

/** From Sunday 00:00 on. */
export const minutesPerWeek = 10_080;

/** A piece of every week, by the clocks of a place. One that ends before it begins goes on into the next week; from and to the same minute is the whole week. */
export interface WeeklyWindow {
  /** Minutes since Sunday 00:00, below `minutesPerWeek`. */
  readonly fromMinute: number;
  /** Not part of it. */
  readonly toMinute: number;
}

/** @param timeZone IANA name @throws RangeError for what is no time zone */
export function isInWindow(windows: readonly WeeklyWindow[], timeZone: string, instantMs: number): boolean {
  const { year, month, day, hour, minute } = wallTimeAt(timeZone, instantMs);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const at = weekday * 1_440 + hour * 60 + minute;
  return windows.some(({ fromMinute: from, toMinute: to }) =>
    from < to ? at >= from && at < to : at >= from || at < to,
  );
}
