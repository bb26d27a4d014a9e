import { describe, expect, test } from '@jest/globals';
import { type Period, alignedBuckets, sameLengthEnd } from './aligned-periods.js';
import type { BucketSize } from './time-buckets.js';

const period = (from: string, to: string): Period => ({ fromMs: Date.parse(from), toMs: Date.parse(to) });
const pairs = (bucket: BucketSize, timeZone: string, current: Period, baseline: Period): [string, string][] =>
  alignedBuckets({ bucket, timeZone }, current, baseline).map((pair) => {
    const shown = (startMs: number | undefined): string =>
      startMs === undefined ? '' : new Date(startMs).toISOString().slice(0, 16);
    return [shown(pair.current?.startMs), shown(pair.baseline?.startMs)];
  });

/** Berlin: clocks went back on 2026-10-25 at 01:00Z, forward on 2026-03-29 at 01:00Z. */
const ordinary = period('2026-10-23T22:00Z', '2026-10-24T22:00Z');
const longDay = period('2026-10-24T22:00Z', '2026-10-25T23:00Z');
const shortDay = period('2026-03-28T23:00Z', '2026-03-29T22:00Z');

describe('buckets of two periods', () => {
  test('are paired by wall clock: the repeated hour has no partner, the hours behind it have theirs', () => {
    const all = pairs('1h', 'Europe/Berlin', longDay, ordinary);
    expect(all).toHaveLength(25);
    expect(all.slice(1, 5)).toEqual([
      ['2026-10-24T23:00', '2026-10-23T23:00'],
      ['2026-10-25T00:00', '2026-10-24T00:00'],
      ['2026-10-25T01:00', ''],
      ['2026-10-25T02:00', '2026-10-24T01:00'],
    ]);
    expect(all.at(-1)).toEqual(['2026-10-25T22:00', '2026-10-24T21:00']);
  });

  test('keep their order where the period has skipped an hour', () => {
    const all = pairs('1h', 'Europe/Berlin', shortDay, ordinary);
    expect(all.slice(1, 4)).toEqual([
      ['2026-03-29T00:00', '2026-10-23T23:00'],
      ['', '2026-10-24T00:00'],
      ['2026-03-29T01:00', '2026-10-24T01:00'],
    ]);
  });

  test('a repeated hour is paired with a repeated one', () => {
    const all = pairs('1h', 'Europe/Berlin', longDay, longDay);
    expect(all).toHaveLength(25);
    expect(all.every(([left, right]) => left === right)).toBe(true);
  });

  test('of days are days of the zone, months go by their number, what is over stands alone', () => {
    const february = period('2026-01-31T23:00Z', '2026-02-28T23:00Z');
    const january = period('2025-12-31T23:00Z', '2026-01-31T23:00Z');
    const days = pairs('1d', 'Europe/Berlin', february, january);
    expect(days).toHaveLength(31);
    expect(days[27]).toEqual(['2026-02-27T23:00', '2026-01-27T23:00']);
    expect(days[28]).toEqual(['', '2026-01-28T23:00']);
    const springs = period('2026-02-01T00:00Z', '2026-05-01T00:00Z');
    const winters = period('2025-11-01T00:00Z', '2026-02-01T00:00Z');
    expect(pairs('1mo', 'UTC', springs, winters).map(([left, right]) => [left.slice(0, 7), right.slice(0, 7)])).toEqual(
      [
        ['2026-02', '2025-11'],
        ['2026-03', '2025-12'],
        ['2026-04', '2026-01'],
      ],
    );
  });
});

describe('the end of a period as long as another', () => {
  test('is at the same wall clock, also over a clock change and in an hour that is skipped', () => {
    const end = (from: string, of: Period): string =>
      new Date(sameLengthEnd('Europe/Berlin', Date.parse(from), of)).toISOString();
    expect(end('2026-10-24T22:00Z', ordinary)).toBe('2026-10-25T23:00:00.000Z');
    expect(end('2026-03-28T23:00Z', ordinary)).toBe('2026-03-29T22:00:00.000Z');
    // 02:30 does not exist on that day: clocks go from 02:00 to 03:00.
    const toHalfPastTwo = period('2026-10-23T22:00Z', '2026-10-24T00:30Z');
    expect(end('2026-03-28T23:00Z', toHalfPastTwo)).toBe('2026-03-29T01:00:00.000Z');
  });
});
