import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BucketSize, bucketSizes, bucketStarts } from './time-buckets.js';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const utc = (text: string): number => Date.parse(text);
const starts = (size: BucketSize, zone: string, from: string, to: string): string[] =>
  [...bucketStarts(size, zone, utc(from), utc(to))].map((ms) => new Date(ms).toISOString().replace('.000Z', 'Z'));

describe('buckets over a clock change', () => {
  test('the day on which clocks go forward has 23 hours, the one on which they go back 25', () => {
    expect(starts('1d', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-30T22:00:01Z')).toEqual([
      '2026-03-28T23:00:00Z',
      '2026-03-29T22:00:00Z',
      '2026-03-30T22:00:00Z',
    ]);
    expect(starts('1d', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-26T00:00:00Z')).toEqual([
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
    ]);
  });

  test('the repeated hour is a bucket of its own, the skipped one is none', () => {
    expect(starts('1h', 'Europe/Berlin', '2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z')).toHaveLength(3);
    expect(starts('1h', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z')).toHaveLength(2);
  });

  test('six hours of wall clock last seven when an hour is repeated', () => {
    expect(starts('6h', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T06:00:00Z')).toEqual([
      '2026-10-24T22:00:00Z',
      '2026-10-25T05:00:00Z',
    ]);
  });

  test('hours of a zone with an odd offset begin when its clocks strike', () => {
    expect(starts('1h', 'Asia/Kathmandu', '2026-06-01T00:00:00Z', '2026-06-01T01:00:00Z')).toEqual([
      '2026-05-31T23:15:00Z',
      '2026-06-01T00:15:00Z',
    ]);
  });

  test('a clock that goes back over midnight does not open yesterday again', () => {
    // St. John's, 2010-11-07: 00:01 became 23:01 of the day before.
    expect(starts('1d', 'America/St_Johns', '2010-11-06T12:00:00Z', '2010-11-08T12:00:00Z')).toEqual([
      '2010-11-06T02:30:00Z',
      '2010-11-07T02:30:00Z',
      '2010-11-08T03:30:00Z',
    ]);
  });

  test('weeks begin on Monday, months on the first, in local time', () => {
    expect(starts('1w', 'UTC', '2026-11-23T00:00:00Z', '2026-12-01T00:00:00Z')).toEqual([
      '2026-11-23T00:00:00Z',
      '2026-11-30T00:00:00Z',
    ]);
    expect(starts('1mo', 'America/New_York', '2026-02-15T00:00:00Z', '2026-04-02T00:00:00Z')).toEqual([
      '2026-02-01T05:00:00Z',
      '2026-03-01T05:00:00Z',
      '2026-04-01T04:00:00Z',
    ]);
  });
});

/** Written without offsets or spans: asks for the wall clock at every minute and looks where its bucket changes. */
function slowStarts(size: BucketSize, zone: string, fromMs: number, toMs: number): number[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  const wallMs = (ms: number): number => Date.parse(`${format.format(ms).replace(' ', 'T')}Z`);
  const lengthMs: Partial<Record<BucketSize, number>> = {};
  for (const name of bucketSizes) {
    const unit = name.endsWith('mo')
      ? NaN
      : { m: minuteMs, h: hourMs, d: 24 * hourMs, w: 168 * hourMs }[name.slice(-1)];
    lengthMs[name] = Number.parseInt(name) * (unit ?? NaN);
  }
  const bucketOf = (wall: number): number => {
    if (size === '1mo') return new Date(wall).getUTCFullYear() * 12 + new Date(wall).getUTCMonth();
    const origin = size === '1w' ? 4 * 24 * hourMs : 0;
    return Math.floor((wall - origin) / (lengthMs[size] ?? NaN));
  };
  const short = (lengthMs[size] ?? Infinity) <= hourMs;
  const found: number[] = [];
  let highest = bucketOf(wallMs(fromMs));
  for (let ms = fromMs + minuteMs; ms < toMs; ms += minuteMs) {
    const bucket = bucketOf(wallMs(ms));
    const wentBackMs = wallMs(ms - minuteMs) + minuteMs - wallMs(ms);
    const repeated = short && wentBackMs >= (lengthMs[size] ?? NaN);
    if (repeated || (short ? bucket !== bucketOf(wallMs(ms - minuteMs)) : bucket > highest)) found.push(ms);
    highest = Math.max(highest, bucket);
  }
  return found;
}

const changes: [zone: string, around: string][] = [
  ['Europe/Berlin', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['America/St_Johns', '2010-11-07T02:31:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['Africa/Casablanca', '2026-02-15T02:00:00Z'],
  ['UTC', '2026-12-31T23:59:00Z'],
];

describe('bucket starts', () => {
  test('are those of a minute by minute reference, around every kind of clock change', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...changes),
        fc.constantFrom(...bucketSizes),
        fc.integer({ min: -30 * 60, max: 30 * 60 }),
        fc.integer({ min: 1, max: 36 * 60 }),
        ([zone, around], size, shiftMinutes, minutes) => {
          const fromMs = utc(around) + shiftMinutes * minuteMs;
          const toMs = fromMs + minutes * minuteMs;
          const actual = [...bucketStarts(size, zone, fromMs, toMs)];
          expect(actual[0]).toBeLessThanOrEqual(fromMs);
          const inside = actual.slice(1);
          const lead = size === '1mo' || size === '1w' ? 0 : 3 * 24 * hourMs; // what came before decides whether a day is over
          const expected = slowStarts(size, zone, fromMs - Math.min(lead, 26 * hourMs), toMs).filter(
            (ms) => ms > fromMs,
          );
          expect(inside).toEqual(expected);
        },
      ),
      { numRuns: 70 },
    );
  });

  test('cover the range without gap: every instant has a bucket that starts at or before it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...changes), fc.constantFrom(...bucketSizes), ([zone, around], size) => {
        const fromMs = utc(around) - 40 * hourMs;
        const all = [...bucketStarts(size, zone, fromMs, fromMs + 100 * 24 * hourMs)].slice(0, 3_000);
        expect(all[0]).toBeLessThanOrEqual(fromMs);
        expect(all).toEqual([...all].sort((left, right) => left - right));
        expect(new Set(all).size).toBe(all.length);
      }),
    );
  });
});
