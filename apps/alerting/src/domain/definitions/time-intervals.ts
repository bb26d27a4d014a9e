import { isTimeZoneName } from '@myelin/kernel';
import { type LocalTime, localTimeAt } from './local-time.js';
import type { Problems } from './problems.js';
import { JsonReader } from './read-json.js';

/** Both ends belong to it. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Every part that is named must hold; within a part one range is enough. Alertmanager's `time_interval`. */
export interface TimeInterval {
  /** Minutes of the day; here `to` is not part of it. */
  readonly times: readonly Range[];
  readonly weekdays: readonly Range[];
  /** Negative days count from the end of the month. */
  readonly daysOfMonth: readonly Range[];
  readonly months: readonly Range[];
  readonly years: readonly Range[];
  readonly location: string;
}

export const timeIntervalLimits = { perName: 32, rangesPerPart: 32 } as const;

const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const monthNames = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];

export function isWithin(intervals: readonly TimeInterval[], instantMs: number): boolean {
  return intervals.some((interval) => contains(interval, localTimeAt(interval.location, instantMs)));
}

function contains(interval: TimeInterval, at: LocalTime): boolean {
  return (
    holds(interval.times, ({ from, to }) => at.minuteOfDay >= from && at.minuteOfDay < to) &&
    holds(interval.daysOfMonth, (days) => containsDay(days, at)) &&
    holds(interval.months, ({ from, to }) => at.month >= from && at.month <= to) &&
    holds(interval.weekdays, ({ from, to }) => at.weekday >= from && at.weekday <= to) &&
    holds(interval.years, ({ from, to }) => at.year >= from && at.year <= to)
  );
}

function holds(ranges: readonly Range[], test: (range: Range) => boolean): boolean {
  return ranges.length === 0 || ranges.some(test);
}

/** What reaches over an end of the month ends there; it never touches another month. */
function containsDay({ from, to }: Range, { day, daysInMonth }: LocalTime): boolean {
  const first = from < 0 ? daysInMonth + from + 1 : from;
  const last = to < 0 ? daysInMonth + to + 1 : to;
  return day >= first && day <= last;
}

/** @param location of all of them; without it each may name its own */
export function readTimeIntervals(reader: JsonReader, name: string, location?: string): TimeInterval[] {
  return reader.list(name, timeIntervalLimits.perName, (value, pointer) =>
    readTimeInterval(value, pointer, reader.problems, location),
  );
}

const parts = ['times', 'weekdays', 'daysOfMonth', 'months', 'years'] as const;

function readTimeInterval(
  value: unknown,
  pointer: string,
  problems: Problems,
  location: string | undefined,
): TimeInterval {
  const reader = JsonReader.of(value, pointer, problems, location === undefined ? [...parts, 'location'] : parts);
  return {
    times: readTimes(reader),
    weekdays: readRanges(reader, 'weekdays', 'a weekday, or two as monday:friday', (text) =>
      indexIn(weekdayNames, text),
    ),
    daysOfMonth: readRanges(reader, 'daysOfMonth', 'a day as 1 or -1, or two as 1:7 or -7:-1', dayOfMonth, daysFit),
    months: readRanges(reader, 'months', 'a month by name or number, or two as january:3', month),
    years: readRanges(reader, 'years', 'a year, or two as 2026:2028', (text) =>
      /^\d{4}$/.test(text) ? Number(text) : undefined,
    ),
    location: location ?? readTimeZone(reader, 'location') ?? 'UTC',
  };
}

/** Undefined when it is absent or, which is a problem, none. */
export function readTimeZone(reader: JsonReader, name: string): string | undefined {
  const timeZone = reader.text(name, { max: 64 });
  if (timeZone === undefined) return undefined;
  const isOne = reader.problems.expect(
    isTimeZoneName(timeZone),
    reader.at(name),
    'is no time zone of the IANA database',
  );
  return isOne ? timeZone : undefined;
}

function readTimes(reader: JsonReader): Range[] {
  return reader
    .list('times', timeIntervalLimits.rangesPerPart, (value, pointer) => {
      const members = JsonReader.of(value, pointer, reader.problems, ['startTime', 'endTime']);
      const from = minuteOfDay(members, 'startTime');
      const to = minuteOfDay(members, 'endTime');
      if (from === undefined || to === undefined) return undefined;
      reader.problems.expect(from < to, members.at('endTime'), 'must be after startTime; cut a night at 24:00');
      return { from, to };
    })
    .filter((range) => range !== undefined);
}

function minuteOfDay(reader: JsonReader, name: string): number | undefined {
  const text = reader.requiredText(name, { max: 5 });
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? (text === '24:00' ? ['', '24', '00'] : []);
  if (reader.problems.expect(hours !== undefined, reader.at(name), 'must be a time from 00:00 to 24:00'))
    return Number(hours) * 60 + Number(minutes);
  return undefined;
}

function readRanges(
  reader: JsonReader,
  name: string,
  expected: string,
  parse: (text: string) => number | undefined,
  fits: (range: Range) => boolean = ({ from, to }) => from <= to,
): Range[] {
  return reader
    .list(name, timeIntervalLimits.rangesPerPart, (value, pointer) => {
      const ends = typeof value === 'string' && value.length <= 40 ? value.toLowerCase().split(':').map(parse) : [];
      const [from, to = from] = ends;
      if (ends.length > 2 || ends.includes(undefined) || from === undefined || to === undefined) {
        reader.problems.add(pointer, `must be ${expected}`);
        return undefined;
      }
      reader.problems.expect(fits({ from, to }), pointer, 'ends before it begins');
      return { from, to };
    })
    .filter((range) => range !== undefined);
}

function indexIn(names: readonly string[], text: string): number | undefined {
  const index = names.indexOf(text);
  return index < 0 ? undefined : index;
}

function month(text: string): number | undefined {
  if (/^(?:[1-9]|1[0-2])$/.test(text)) return Number(text);
  const index = indexIn(monthNames, text);
  return index === undefined ? undefined : index + 1;
}

function dayOfMonth(text: string): number | undefined {
  return /^-?(?:[1-9]|[12]\d|3[01])$/.test(text) ? Number(text) : undefined;
}

/** Judged in a month of 31 days; one that begins before the end must not end at the beginning. */
function daysFit({ from, to }: Range): boolean {
  if (from < 0 && to > 0) return false;
  const inLongMonth = (day: number): number => (day < 0 ? 31 + day + 1 : day);
  return inLongMonth(from) <= inLongMonth(to);
}
