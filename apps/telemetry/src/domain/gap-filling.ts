/** What stands for a bucket without a value. */
export const fills = ['none', 'null', 'previous', 'linear'] as const;
export type Fill = (typeof fills)[number];

/** What functions say of a bucket; what has no answer is absent or null. */
export type BucketValues = Readonly<Record<string, unknown>>;

/** A bucket of one series that has values, known by its start. */
export interface KnownBucket {
  readonly startMs: number;
  readonly values: BucketValues;
}

/** Consecutive buckets of all series. */
export interface BucketPart {
  /** Ascending. */
  readonly startsMs: readonly number[];
  /** Where the last one ends. */
  readonly endMs: number;
  /** By bucket, then by series: positions in `startsMs` and among the series. */
  readonly known: ReadonlyMap<number, ReadonlyMap<number, BucketValues>>;
}

export interface FilledBucket {
  readonly startMs: number;
  readonly endMs: number;
  readonly series: number;
  readonly values: BucketValues;
  readonly filled: boolean;
}

interface Waiting {
  readonly startMs: number;
  readonly endMs: number;
  readonly series: number;
  values: BucketValues | undefined;
  readonly filled: boolean;
}

export interface GapFillerSettings {
  readonly fill: Exclude<Fill, 'none'>;
  readonly functions: readonly string[];
  /** Number of series. */
  readonly series: number;
  /** Buckets that start here or later are left out when they are empty: the future is no gap. */
  readonly nowMs: number;
}

/**
 * Turns parts of buckets, given in order of time, into a bucket for every start and series, in that order. `linear` holds
 * buckets back until the next value of every series is known.
 */
export class GapFiller {
  private readonly before = new Map<number, KnownBucket>();
  private readonly gaps = new Map<number, Waiting[]>();
  private waiting: Waiting[] = [];

  constructor(private readonly settings: GapFillerSettings) {}

  /** Names the last bucket with values before the first part; given before it. */
  startAfter(series: number, bucket: KnownBucket): void {
    this.before.set(series, bucket);
  }

  add({ startsMs, endMs, known }: BucketPart): FilledBucket[] {
    for (const [bucket, startMs] of startsMs.entries()) {
      const ofBucket = known.get(bucket);
      for (let series = 0; series < this.settings.series; series++) {
        const values = ofBucket?.get(series);
        if (values === undefined && startMs >= this.settings.nowMs) continue;
        const end = startsMs[bucket + 1] ?? endMs;
        const one: Waiting = { startMs, endMs: end, series, values, filled: values === undefined };
        this.waiting.push(one);
        if (values === undefined) this.open(one);
        else this.close(series, { startMs, values });
      }
    }
    return this.told();
  }

  /** Series whose last buckets wait for a value behind the last part. */
  get openSeries(): number[] {
    return [...this.gaps.keys()];
  }

  /** @param after the first bucket with values behind the last part, by series */
  finish(after: ReadonlyMap<number, KnownBucket>): FilledBucket[] {
    for (const series of this.openSeries) this.close(series, after.get(series));
    return this.told();
  }

  private open(gap: Waiting): void {
    const { fill } = this.settings;
    const before = this.before.get(gap.series);
    if (fill === 'linear' && before !== undefined) {
      const gaps = this.gaps.get(gap.series);
      if (gaps === undefined) this.gaps.set(gap.series, [gap]);
      else gaps.push(gap);
    } else gap.values = this.made((name) => (fill === 'previous' ? before?.values[name] : null));
  }

  private close(series: number, bucket: KnownBucket | undefined): void {
    const before = this.before.get(series);
    for (const gap of this.gaps.get(series) ?? []) {
      gap.values = this.made((name) => interpolated(before, bucket, gap.startMs, name));
    }
    this.gaps.delete(series);
    if (bucket !== undefined) this.before.set(series, bucket);
  }

  /** Nothing was counted in an empty bucket; what is no single number cannot be carried on. */
  private made(valueOf: (name: string) => unknown): BucketValues {
    return Object.fromEntries(
      this.settings.functions.map((name) => {
        const value = name === 'count' ? 0 : valueOf(name);
        return [name, typeof value === 'number' ? value : null];
      }),
    );
  }

  private told(): FilledBucket[] {
    const firstUnknown = this.waiting.findIndex(({ values }) => values === undefined);
    const known = firstUnknown < 0 ? this.waiting : this.waiting.slice(0, firstUnknown);
    this.waiting = firstUnknown < 0 ? [] : this.waiting.slice(firstUnknown);
    return known.map(({ values = {}, ...bucket }) => ({ ...bucket, values }));
  }
}

function interpolated(
  before: KnownBucket | undefined,
  after: KnownBucket | undefined,
  atMs: number,
  name: string,
): number | null {
  const [left, right] = [before?.values[name], after?.values[name]];
  if (before === undefined || after === undefined || typeof left !== 'number' || typeof right !== 'number') return null;
  if (left === right || after.startMs === before.startMs) return left;
  const share = (atMs - before.startMs) / (after.startMs - before.startMs);
  // Weighted parts, not a step of the difference: that can be greater than any number.
  return left * (1 - share) + right * share;
}
