import { describe, expect, test } from '@jest/globals';
import type { AnomalyWindow } from './corpus.js';
import { bestScore, probationOf, profiles, type ScoredSeries, scoreAt } from './nab-score.js';

/** 1,000 rows, of which the first 150 never count, with scores at some of them. */
function scored(windows: readonly AnomalyWindow[], detections: Readonly<Record<number, number>>): ScoredSeries {
  const scores = new Float64Array(1000);
  for (const [row, score] of Object.entries(detections)) scores[Number(row)] = score;
  const rows = new Float64Array(1000);
  return { series: { path: 'a/b.csv', atMs: rows, values: rows, windows }, scores };
}
const window: AnomalyWindow = { first: 500, last: 600 };
const sigmoid = (y: number): number => 2 / (1 + Math.exp(5 * y)) - 1;
const standard = (...corpus: ScoredSeries[]): number => bestScore(corpus, profiles.standard).score;

describe('the score of the Numenta Anomaly Benchmark', () => {
  test('is 0 for saying nothing and 100 for every window at its first row', () => {
    for (const profile of Object.values(profiles)) {
      expect(bestScore([scored([window], {})], profile)).toEqual({ score: 0, threshold: Number.POSITIVE_INFINITY });
      const perfect = [scored([window], { 500: 1 }), scored([window, { first: 700, last: 800 }], { 500: 1, 700: 1 })];
      expect(bestScore(perfect, profile).score).toBeCloseTo(100, 10);
    }
  });

  test('a hit is worth less the later it is; of several in a window only the earliest counts', () => {
    const middle = (100 * (1 + sigmoid(-0.5) / sigmoid(-1))) / 2;
    expect(standard(scored([window], { 550: 1 }))).toBeCloseTo(middle, 10);
    expect(standard(scored([window], { 550: 1, 551: 1, 600: 1 }))).toBeCloseTo(middle, 10);
    expect(standard(scored([window], { 600: 1 }))).toBeCloseTo(50, 10);
  });

  test('a false positive costs its full weight before the first window and 3 widths behind the last', () => {
    const hitAnd = (row: number): number => standard(scored([window], { 500: 1, [row]: 1 }));
    expect(hitAnd(200)).toBeCloseTo(100 - 100 * (0.11 / 2), 10);
    expect(hitAnd(901)).toBeCloseTo(100 - 100 * (0.11 / 2), 10);
    expect(hitAnd(610)).toBeCloseTo(100 - 100 * ((0.11 * -sigmoid(0.1)) / 2), 10);
  });

  test('false positives weigh twice in low FP; a missed window costs twice in low FN', () => {
    const corpus = [scored([window, { first: 700, last: 800 }], { 500: 1, 200: 1 })];
    const at = (profile: keyof typeof profiles): number => scoreAt(corpus, profiles[profile], 0.5);
    // raw: one hit, one miss, one false positive; nothing: two misses; perfect: two hits
    expect(at('standard')).toBeCloseTo((100 * (1 - 1 - 0.11 + 2)) / 4, 10);
    expect(at('lowFP')).toBeCloseTo((100 * (1 - 1 - 0.22 + 2)) / 4, 10);
    expect(at('lowFN')).toBeCloseTo((100 * (1 - 2 - 0.11 + 4)) / 6, 10);
  });

  test('there is one threshold for all series, the best one, and equal scores stand or fall together', () => {
    const good = scored([window], { 500: 0.9, 200: 0.3 });
    const loud = scored([], { 300: 0.9, 301: 0.8, 302: 0.8 });
    expect(bestScore([good, loud], profiles.standard)).toEqual({
      score: expect.closeTo(100 - 5.5, 10),
      threshold: 0.9,
    });
    const later = scored([window], { 520: 0.9, 500: 0.8 });
    expect(bestScore([later], profiles.standard)).toEqual({ score: expect.closeTo(100, 10), threshold: 0.8 });
  });

  test('detections in the probation count neither way, and a window that is all in it is none', () => {
    expect([probationOf(1000), probationOf(1001), probationOf(100_000)]).toEqual([150, 150, 750]);
    expect(standard(scored([window], { 149: 1, 500: 1 }))).toBeCloseTo(100, 10);
    expect(standard(scored([{ first: 100, last: 140 }, window], { 110: 1, 500: 1 }))).toBeCloseTo(100, 10);
  });
});
