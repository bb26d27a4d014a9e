import { describe, expect, test } from '@jest/globals';
import { type Problem, Problems } from './problems.js';
import { JsonReader } from './read-json.js';
import { type TimeInterval, isWithin, readTimeIntervals } from './time-intervals.js';

function read(...intervals: unknown[]): { intervals: TimeInterval[]; problems: readonly Problem[] } {
  const problems = new Problems();
  const reader = JsonReader.of({ intervals }, '', problems, ['intervals']);
  return { intervals: readTimeIntervals(reader, 'intervals'), problems: problems.found };
}
function holds(interval: unknown, instant: string): boolean {
  const { intervals, problems } = read(interval);
  expect(problems).toEqual([]);
  return isWithin(intervals, Date.parse(instant));
}

// 2026-11-26 is a Thursday.
describe('a time interval means what it means in Alertmanager', () => {
  const office = { times: [{ startTime: '09:00', endTime: '17:00' }], weekdays: ['monday:friday'] };
  test.each<[string, unknown, string, boolean]>([
    ['nothing named', {}, '2026-11-26T03:00:00Z', true],
    ['its first minute', office, '2026-11-26T09:00:00Z', true],
    ['the minute before', office, '2026-11-26T08:59:59.999Z', false],
    ['its last minute', office, '2026-11-26T16:59:59.999Z', true],
    ['its end', office, '2026-11-26T17:00:00Z', false],
    ['a day that is none of them', office, '2026-11-28T12:00:00Z', false],
    ['midnight as the end', { times: [{ startTime: '23:00', endTime: '24:00' }] }, '2026-11-26T23:59:00Z', true],
    [
      'one of several times',
      { times: [...office.times, { startTime: '20:00', endTime: '21:00' }] },
      '2026-11-26T20:30:00Z',
      true,
    ],
    ['weekdays in any case', { weekdays: ['Thursday'] }, '2026-11-26T00:00:00Z', true],
    ['the last day of a month', { daysOfMonth: ['-1'] }, '2026-11-30T10:00:00Z', true],
    ['the last day of a leap February', { daysOfMonth: ['-1'] }, '2028-02-29T10:00:00Z', true],
    ['the last three, on the third last', { daysOfMonth: ['-3:-1'] }, '2026-11-28T10:00:00Z', true],
    ['the last three, before them', { daysOfMonth: ['-3:-1'] }, '2026-11-27T10:00:00Z', false],
    ['days behind the end of a short month', { daysOfMonth: ['31'] }, '2026-11-30T10:00:00Z', false],
    ['days that are cut at the end of a month', { daysOfMonth: ['28:31'] }, '2026-02-28T10:00:00Z', true],
    ['more days from the end than a month has', { daysOfMonth: ['-31:-1'] }, '2026-02-01T10:00:00Z', true],
    ['months by name and number', { months: ['october:11'] }, '2026-11-01T00:00:00Z', true],
    ['another month', { months: ['january:march', '12'] }, '2026-11-26T00:00:00Z', false],
    ['years', { years: ['2025:2026'] }, '2026-12-31T23:59:59Z', true],
    ['another year', { years: ['2025:2026'] }, '2027-01-01T00:00:00Z', false],
    ['all parts at once', { ...office, months: ['11'], years: ['2027'] }, '2026-11-26T12:00:00Z', false],
  ])('%s', (_what, interval, instant, expected) => {
    expect(holds(interval, instant)).toBe(expected);
  });

  test('its clock is that of its location, summer time included', () => {
    const berlin = { ...office, location: 'Europe/Berlin' };
    expect(holds(berlin, '2026-11-26T08:00:00Z')).toBe(true);
    expect(holds(berlin, '2026-07-02T07:00:00Z')).toBe(true);
    expect(holds(berlin, '2026-11-26T07:59:00Z')).toBe(false);
    expect(holds({ weekdays: ['friday'], location: 'Pacific/Auckland' }, '2026-11-26T12:00:00Z')).toBe(true);
  });

  // The clocks of Berlin go from 02:00 to 03:00 at 01:00 UTC on 2026-03-29, and from 03:00 to 02:00 at 01:00 UTC on 2026-10-25.
  test.each<[string, string, string, string, string[]]>([
    ['is not there where its hour is lost', '02:15', '02:45', '2026-03-29', []],
    ['is what is left of it where it spans the lost hour', '01:30', '03:30', '2026-03-29', ['00:30-01:30']],
    ['ends with the lost hour where its end is lost', '01:30', '02:30', '2026-03-29', ['00:30-01:00']],
    ['begins behind the lost hour where its beginning is lost', '02:30', '03:30', '2026-03-29', ['01:00-01:30']],
    ['is there twice within the hour that comes twice', '02:15', '02:45', '2026-10-25', ['00:15-00:45', '01:15-01:45']],
    ['is an hour longer where it spans the hour that comes twice', '01:30', '03:30', '2026-10-25', ['23:30-02:30']],
  ])('a time of the day %s', (_what, startTime, endTime, day, expected) => {
    const { intervals } = read({ times: [{ startTime, endTime }], location: 'Europe/Berlin' });
    const midnightMs = Date.parse(`${day}T00:00:00Z`);
    const minuteMs = 60_000;
    const time = (atMs: number): string => new Date(atMs).toISOString().slice(11, 16);
    const spans: string[] = [];
    let beganMs: number | undefined;
    for (let atMs = midnightMs - 90 * minuteMs; atMs < midnightMs + 300 * minuteMs; atMs += minuteMs) {
      const isIn = isWithin(intervals, atMs);
      if (isIn) beganMs ??= atMs;
      else if (beganMs !== undefined) {
        spans.push(`${time(beganMs)}-${time(atMs)}`);
        beganMs = undefined;
      }
    }
    expect(spans).toEqual(expected);
  });

  test('one of several intervals is enough, none of none holds', () => {
    const { intervals } = read({ years: ['2020'] }, { years: ['2026'] });
    expect(isWithin(intervals, Date.parse('2026-01-01T00:00:00Z'))).toBe(true);
    expect(isWithin([], 0)).toBe(false);
  });
});

describe('a wrong interval is named precisely', () => {
  test.each<[unknown, string, string]>([
    [
      { times: [{ startTime: '17:00', endTime: '09:00' }] },
      '/times/0/endTime',
      'must be after startTime; cut a night at 24:00',
    ],
    [{ times: [{ startTime: '9:00', endTime: '10:00' }] }, '/times/0/startTime', 'must be a time from 00:00 to 24:00'],
    [{ times: [{ startTime: '09:00' }] }, '/times/0/endTime', 'is required'],
    [{ weekdays: ['friday:monday'] }, '/weekdays/0', 'ends before it begins'],
    [{ weekdays: ['fri'] }, '/weekdays/0', 'must be a weekday, or two as monday:friday'],
    [{ daysOfMonth: ['0'] }, '/daysOfMonth/0', 'must be a day as 1 or -1, or two as 1:7 or -7:-1'],
    [{ daysOfMonth: ['-1:1'] }, '/daysOfMonth/0', 'ends before it begins'],
    [{ daysOfMonth: ['-1:-3'] }, '/daysOfMonth/0', 'ends before it begins'],
    [{ months: ['13'] }, '/months/0', 'must be a month by name or number, or two as january:3'],
    [{ years: ['1:2:3'] }, '/years/0', 'must be a year, or two as 2026:2028'],
    [{ location: 'Mars/Base' }, '/location', 'is no time zone of the IANA database'],
    [{ weekday: [] }, '/weekday', `is not known; known are times, weekdays, daysOfMonth, months, years, location`],
  ])('%j', (interval, pointer, problem) => {
    expect(read(interval).problems[0]).toEqual({ pointer: `/intervals/0${pointer}`, problem });
  });
});
