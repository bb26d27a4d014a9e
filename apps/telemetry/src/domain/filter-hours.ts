import { hourMs, hourOf } from './hour-marks.js';
import { dayMs } from './retention.js';

/** How long the decision about an hour waits, both by receive time: for late measurements, and for slow gateways to write what they received. */
export interface FilterWait {
  readonly latenessMs: number;
  readonly graceMs: number;
}

/** An hour that was never noted by so long after its decision was due stays whole: filters do not reach into the past. */
const noticeMs = dayMs;

/** Of an hour: a measurement that was received before that is on time. */
export function lateFromMs(hour: number, { latenessMs }: Pick<FilterWait, 'latenessMs'>): number {
  return (hour + 1) * hourMs + latenessMs;
}

/** Of an hour: when its partition is stored up to here, it is decided. */
export function decidedFromMs(hour: number, wait: FilterWait): number {
  return lateFromMs(hour, wait) + wait.graceMs;
}

/** The first hour that is not yet to be decided when everything received until then is stored. */
export function firstOpenHour(receivedUntilMs: number, { latenessMs, graceMs }: FilterWait): number {
  return hourOf(receivedUntilMs - latenessMs - graceMs);
}

/** The first hour that may still be noted. */
export function firstNotableHour(receivedUntilMs: number, wait: FilterWait): number {
  return firstOpenHour(receivedUntilMs - noticeMs, wait);
}
