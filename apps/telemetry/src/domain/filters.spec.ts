import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeviceFilter, type FilterableRow } from './filters.js';
import type { MetricFilter } from './profile-policy.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const only = (deadband?: number, minimumIntervalMs?: number) =>
  new Map<string, MetricFilter>([['t', { deadband, minimumIntervalMs }]]);

let fingerprint = 0;
const row = (tsMs: number, values: object, { onTime = true, seq = 0 } = {}): FilterableRow => ({
  ...{ tsMs, onTime, seq, values: values as Readonly<Record<string, unknown>> },
  fingerprint: String(fingerprint++),
});

/** The times at which a metric is kept. */
function kept(
  filters: ReadonlyMap<string, MetricFilter>,
  series: readonly (readonly [tsMs: number, value: unknown])[],
) {
  const filter = new DeviceFilter(filters);
  return series.flatMap(([tsMs, value]) => (filter.judge([row(tsMs, { t: value })]).length === 0 ? [tsMs] : []));
}

describe('a deadband', () => {
  test('keeps what differs by more from the last kept value, not from the value before', () => {
    const series = [10, 10.3, 10.5, 10.6, 10.1, 10.7, 9.9].map((value, at) => [at, value] as const);
    expect(kept(only(0.5), series)).toEqual([0, 3, 6]);
  });

  test('starts anew with every hour, so that a flat line is seen in each', () => {
    const series = Array.from({ length: 12 }, (_, at) => [at * 20 * minuteMs, 7] as const);
    expect(kept(only(1), series)).toEqual([0, 1, 2, 3].map((hour) => hour * hourMs));
  });

  test('holds numbers against numbers alone', () => {
    expect(
      kept(only(5), [
        [0, 1],
        [1, 'off'],
        [2, 1],
        [3, 2],
        [4, true],
        [5, [1]],
        [6, [1]],
        [7, { lat: 1, lon: 1 }],
      ]),
    ).toEqual([0, 1, 2, 4, 5, 6, 7]);
  });
});

describe('a minimum interval', () => {
  test('keeps at most one value per interval, of any kind, over the ends of hours', () => {
    const series = Array.from({ length: 10 }, (_, at) => [at * 25 * minuteMs, 'on'] as const);
    expect(kept(only(undefined, 60 * minuteMs), series)).toEqual([0, 75, 150, 225].map((at) => at * minuteMs));
  });

  test('lets a change of kind through', () => {
    expect(
      kept(only(undefined, hourMs), [
        [0, 1],
        [1, 2],
        [2, 'broken'],
        [3, 'broken'],
        [4, 3],
      ]),
    ).toEqual([0, 2, 4]);
  });

  test('and a deadband discard each for itself', () => {
    const series = [
      [0, 1],
      [1, 9],
      [minuteMs, 1.5],
      [minuteMs + 1, 9],
      [2 * minuteMs, 2.1],
      [hourMs, 2.1],
    ] as const;
    expect(kept(only(1, minuteMs), series)).toEqual([0, minuteMs + 1, hourMs]);
    expect(
      kept(only(1, minuteMs), [
        [hourMs - 1, 1],
        [hourMs, 1],
        [hourMs + minuteMs - 1, 1],
      ]),
    ).toEqual([hourMs - 1, hourMs + minuteMs - 1]);
  });
});

describe('measurements of one time', () => {
  test('that name the same metric stay, and the winner is what later values are held against', () => {
    const filter = new DeviceFilter(only(1));
    filter.judge([row(0, { t: 1 })]);
    expect(filter.judge([row(1, { t: 1 }, { seq: 1 }), row(1, { t: 50 }, { seq: 2 })])).toEqual([]);
    expect(filter.judge([row(2, { t: 50 })])).toHaveLength(1);
  });

  test('that name different metrics are judged one by one; what no filter names stays', () => {
    const filter = new DeviceFilter(new Map([...only(1), ['u', { deadband: 1, minimumIntervalMs: undefined }]]));
    filter.judge([row(0, { t: 1, u: 1 })]);
    const [first, second] = [row(1, { t: 1, free: 1 }), row(1, { u: 5 })];
    expect(filter.judge([first, second])).toEqual([{ row: first, metrics: ['t'] }]);
  });

  test('that came late stay, are held against nothing, and what they contradict may go', () => {
    const filter = new DeviceFilter(only(1));
    filter.judge([row(0, { t: 1 })]);
    const [onTime, late] = [row(1, { t: 1 }), row(1, { t: 9 }, { onTime: false, seq: 9 })];
    expect(filter.judge([late, onTime])).toEqual([{ row: onTime, metrics: ['t'] }]);
    expect(filter.judge([row(2, { t: 9 })])).toEqual([]);
    expect(filter.judge([row(3, { t: 9 }, { onTime: false })])).toEqual([]);
  });
});

test('what is remembered at the end of an hour decides the next ones as if there were no end', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', true));
  const series = fc.array(fc.tuple(fc.nat(4 * hourMs), value), { maxLength: 30 });
  const filters = fc.record({
    deadband: fc.constantFrom(undefined, 1),
    minimumIntervalMs: fc.constantFrom(undefined, 1, hourMs / 3, 2 * hourMs),
  });
  fc.assert(
    fc.property(series, filters, (all, one) => {
      const named = new Map([['t', one]]);
      const sorted = [...new Map(all)].sort(([left], [right]) => left - right);
      const whole = kept(named, sorted);
      let last = new DeviceFilter(named).remembered(0);
      const byHour = [0, 1, 2, 3, 4].flatMap((hour) => {
        const filter = new DeviceFilter(named, last);
        const times = sorted
          .filter(([ts]) => Math.floor(ts / hourMs) === hour)
          .flatMap(([ts, metric]) => (filter.judge([row(ts, { t: metric })]).length === 0 ? [ts] : []));
        last = filter.remembered((hour + 1) * hourMs);
        return times;
      });
      expect(byHour).toEqual(whole);
    }),
  );
});

test('keeping what is kept keeps all of it: filters are not applied twice', () => {
  const series = fc.array(fc.tuple(fc.nat(2 * hourMs), fc.integer({ min: 0, max: 4 })), { maxLength: 30 });
  fc.assert(
    fc.property(series, (all) => {
      const sorted = [...new Map(all)].sort(([left], [right]) => left - right);
      const times = new Set(kept(only(1, minuteMs), sorted));
      expect(
        kept(
          only(1, minuteMs),
          sorted.filter(([ts]) => times.has(ts)),
        ),
      ).toEqual([...times]);
    }),
  );
});
