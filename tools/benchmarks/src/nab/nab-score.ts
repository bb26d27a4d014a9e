import type { LabelledSeries } from './corpus.js';

/** What a mistake costs, in hits at the very beginning of a window. */
export interface Profile {
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** Those of the Numenta Anomaly Benchmark v1.1 (Lavin & Ahmad 2015). */
export const profiles = {
  standard: { falsePositive: 0.11, falseNegative: 1 },
  lowFP: { falsePositive: 0.22, falseNegative: 1 },
  lowFN: { falsePositive: 0.11, falseNegative: 2 },
} as const satisfies Record<string, Profile>;

export interface ScoredSeries {
  readonly series: LabelledSeries;
  /** What a detector said of each row before it saw the next one, in [0, 1]. */
  readonly scores: Float64Array;
}

export interface CorpusScore {
  /** 0 for a detector that says nothing, 100 for one that finds every window at its first row and nothing else. */
  readonly score: number;
  /** Scores from here on are detections. Infinity when saying nothing is best. */
  readonly threshold: number;
}

/** The score at the threshold, one for all series, at which it is greatest. */
export function bestScore(corpus: readonly ScoredSeries[], profile: Profile): CorpusScore {
  const { rows, windows } = ratedRows(corpus);
  rows.sort((a, b) => b.score - a.score);
  const tally = new Tally(windows, profile);
  let best: CorpusScore = { score: tally.score, threshold: Number.POSITIVE_INFINITY };
  rows.forEach((row, index) => {
    tally.detect(row);
    if (rows[index + 1]?.score === row.score) return;
    if (tally.score > best.score) best = { score: tally.score, threshold: row.score };
  });
  return best;
}

/** The score at a threshold that was found elsewhere. */
export function scoreAt(corpus: readonly ScoredSeries[], profile: Profile, threshold: number): number {
  const { rows, windows } = ratedRows(corpus);
  const tally = new Tally(windows, profile);
  for (const row of rows) if (row.score >= threshold) tally.detect(row);
  return tally.score;
}

/** Rows at the beginning that never count. */
export function probationOf(rows: number): number {
  return Math.floor(Math.min(0.15 * rows, 750));
}

/** What a detection of a row is worth. */
interface RatedRow {
  readonly score: number;
  /** Number of its window within the corpus; undefined for a false positive. */
  readonly window: number | undefined;
  /** 1 at the first row of a window down to 0 at its last; for a false positive its cost, up to 1. */
  readonly weight: number;
}

class Tally {
  private raw: number;
  private readonly earliest: (number | undefined)[];

  constructor(
    private readonly windows: number,
    private readonly profile: Profile,
  ) {
    this.raw = -windows * profile.falseNegative;
    this.earliest = new Array<number | undefined>(windows);
  }

  /** Of the detections within a window only the earliest counts, which is the one of the greatest weight. */
  detect({ window, weight }: RatedRow): void {
    if (window === undefined) {
      this.raw -= this.profile.falsePositive * weight;
      return;
    }
    const before = this.earliest[window];
    if (before !== undefined && before >= weight) return;
    this.earliest[window] = weight;
    this.raw += weight - (before ?? -this.profile.falseNegative);
  }

  get score(): number {
    const nothing = -this.windows * this.profile.falseNegative;
    return this.windows === 0 ? 0 : (100 * (this.raw - nothing)) / (this.windows - nothing);
  }
}

function ratedRows(corpus: readonly ScoredSeries[]): { rows: RatedRow[]; windows: number } {
  const rows: RatedRow[] = [];
  let windows = 0;
  for (const { series, scores } of corpus) {
    const probation = probationOf(scores.length);
    // A window that nobody could have found is none.
    const counted = series.windows.filter(({ last }) => last >= probation);
    for (let row = probation; row < scores.length; row++) {
      // What is not suspected at all is no detection at any threshold.
      const score = scores[row] ?? 0;
      if (score > 0) rows.push({ score, ...rate(row, counted, windows) });
    }
    windows += counted.length;
  }
  return { rows, windows };
}

function rate(row: number, windows: LabelledSeries['windows'], before: number): Omit<RatedRow, 'score'> {
  const inside = windows.findIndex(({ first, last }) => row >= first && row <= last);
  const window = windows[inside] ?? windows.findLast(({ last }) => last < row);
  if (window === undefined) return { window: undefined, weight: 1 };
  const y = (row - window.last) / Math.max(1, window.last - window.first);
  if (inside === -1) return { window: undefined, weight: y > 3 ? 1 : Math.abs(sigmoid(y)) };
  return { window: before + inside, weight: sigmoid(y) / sigmoid(-1) };
}

function sigmoid(y: number): number {
  return 2 / (1 + Math.exp(5 * y)) - 1;
}
