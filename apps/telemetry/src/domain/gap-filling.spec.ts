import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BucketValues, type FilledBucket, GapFiller, type KnownBucket } from './gap-filling.js';

const bucketMs = 10;
const fill = fc.constantFrom('null', 'previous', 'linear');
/** Undefined: an empty bucket. */
const cell = fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined, freq: 2 });
const grid = fc.integer({ min: 1, max: 12 }).chain((buckets) =>
  fc.record({
    fill,
    series: fc.array(fc.array(cell, { minLength: buckets, maxLength: buckets }), { minLength: 1, maxLength: 3 }),
    before: fc.array(cell, { minLength: 3, maxLength: 3 }),
    after: fc.array(cell, { minLength: 3, maxLength: 3 }),
    cuts: fc.array(fc.boolean(), { minLength: buckets, maxLength: buckets }),
  }),
);
type Grid = typeof grid extends fc.Arbitrary<infer Value> ? Value : never;

const known = (bucket: number, value: number): KnownBucket => ({
  startMs: bucket * bucketMs,
  values: { max: value, count: 1 },
});

function filled({ fill, series, before, after, cuts }: Grid, nowMs = Infinity): FilledBucket[] {
  const buckets = series[0]?.length ?? 0;
  const filler = new GapFiller({ fill, functions: ['max', 'count'], series: series.length, nowMs });
  for (const [index] of series.entries()) {
    const value = before[index];
    if (value !== undefined) filler.startAfter(index, known(-3, value));
  }
  const told: FilledBucket[] = [];
  let from = 0;
  for (let to = 1; to <= buckets; to++) {
    if (to < buckets && cuts[to] === false) continue;
    const startsMs = Array.from({ length: to - from }, (_, at) => (from + at) * bucketMs);
    const ofBuckets = startsMs.map((_, at) => {
      const values = series.flatMap((cells, index): [number, BucketValues][] => {
        const value = cells[from + at];
        return value === undefined ? [] : [[index, { max: value, count: 1 }]];
      });
      return [at, new Map(values)] as const;
    });
    told.push(...filler.add({ startsMs, endMs: to * bucketMs, known: new Map(ofBuckets) }));
    from = to;
  }
  const behind = after.flatMap((value, index): [number, KnownBucket][] =>
    value === undefined ? [] : [[index, known(buckets + 4, value)]],
  );
  return [...told, ...filler.finish(new Map(behind))];
}

/** One series with its neighbours, looked at bucket by bucket. */
function expectedValue({ fill, series, before, after }: Grid, index: number, bucket: number): number | null {
  const cells = series[index] ?? [];
  const all = [...cells.entries()].map(([at, value]) => [at, value] as const);
  const line = [[-3, before[index]] as const, ...all, [cells.length + 4, after[index]] as const];
  const left = line.findLast(([at, value]) => at <= bucket && value !== undefined);
  const right = line.find(([at, value]) => at >= bucket && value !== undefined);
  if (cells[bucket] !== undefined) return cells[bucket];
  if (fill === 'null' || left?.[1] === undefined) return null;
  if (fill === 'previous') return left[1];
  if (right?.[1] === undefined) return null;
  return left[1] + ((right[1] - left[1]) * (bucket - left[0])) / (right[0] - left[0]);
}

describe('gap filling', () => {
  test('gives every bucket of every series in order, with its neighbours also from outside, however the parts are cut', () => {
    fc.assert(
      fc.property(grid, (one) => {
        const buckets = one.series[0]?.length ?? 0;
        const told = filled(one);
        expect(told.map(({ startMs, endMs, series }) => [startMs, endMs, series])).toEqual(
          Array.from({ length: buckets }, (_, at) =>
            one.series.map((_cells, series) => [at * bucketMs, (at + 1) * bucketMs, series]),
          ).flat(),
        );
        for (const { startMs, series, values, filled: made } of told) {
          const bucket = startMs / bucketMs;
          const expected = expectedValue(one, series, bucket);
          expect(values['max']).toEqual(expected === null ? null : expect.closeTo(expected, 9));
          expect(made).toBe(one.series[series]?.[bucket] === undefined);
          expect(values['count']).toBe(made ? 0 : 1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('leaves the future as it is', () => {
    const one: Grid = { fill: 'previous', series: [[1, undefined, undefined, 4]], before: [], after: [], cuts: [] };
    expect(filled(one, 2 * bucketMs).map(({ startMs, values }) => [startMs, values['max']])).toEqual([
      [0, 1],
      [10, 1],
      [30, 4],
    ]);
  });

  test('interpolates between numbers whose difference is greater than any number', () => {
    const huge = 1.7e308;
    const one: Grid = { fill: 'linear', series: [[-huge, undefined, huge]], before: [], after: [], cuts: [] };
    expect(filled(one).map(({ values }) => values['max'])).toEqual([-huge, 0, huge]);
  });
});
