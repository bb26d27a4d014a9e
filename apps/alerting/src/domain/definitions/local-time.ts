import { wallTimeAt } from '@myelin/kernel';

/** What the clocks and calendars of a place show at one instant. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly daysInMonth: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly minuteOfDay: number;
}

/** @throws RangeError for what `isTimeZoneName` refuses */
export function localTimeAt(location: string, instantMs: number): LocalTime {
  const { year, month, day, hour, minute } = wallTimeAt(location, instantMs);
  return {
    ...{ year, month, day },
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
    weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
    minuteOfDay: hour * 60 + minute,
  };
}
