import { Problems } from '../definitions/problems.js';
import { JsonReader } from '../definitions/read-json.js';
import { isWithin, readTimeIntervals, type TimeInterval } from '../definitions/time-intervals.js';
import { RuleError } from '../rules/rule.errors.js';
import type { Schedule } from '../rules/rule.js';

const minuteMs = 60_000;
const maxMinutes = 1_440;

/**
 * When a rule counts, at devices of one time zone. Clocks and calendars are asked once for each minute: that is as fine as
 * intervals are, and devices report of the same minutes.
 */
export class ScheduleProgram {
  private readonly intervals: readonly TimeInterval[];
  private readonly minutes = new Map<number, boolean>();

  /** @param timeZone the device's @throws RuleError rule.schedule-invalid */
  constructor(schedule: Schedule, timeZone: string) {
    const problems = new Problems();
    const reader = JsonReader.of(schedule, '', problems, ['timeZone', 'intervals']);
    this.intervals = readTimeIntervals(reader, 'intervals', schedule.timeZone ?? timeZone);
    const [first] = problems.found;
    if (first !== undefined)
      throw RuleError.permanent('rule.schedule-invalid', `the schedule: ${first.pointer} ${first.problem}`);
  }

  /** @param atMs since the epoch */
  contains(atMs: number): boolean {
    const minute = Math.floor(atMs / minuteMs);
    const known = this.minutes.get(minute);
    if (known !== undefined) return known;
    const found = isWithin(this.intervals, minute * minuteMs);
    if (this.minutes.size >= maxMinutes) this.minutes.clear();
    this.minutes.set(minute, found);
    return found;
  }
}
