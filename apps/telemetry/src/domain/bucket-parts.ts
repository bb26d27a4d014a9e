import { type BucketSize, bucketStarts } from './time-buckets.js';

export interface BucketSettings {
  readonly bucket: BucketSize;
  readonly timeZone: string;
}

/** Longer than any bucket. */
const longestMs = 40 * 86_400_000;

/** Starts of the buckets of a range, and of the one behind it, where the last one ends. */
export function* bucketsWithEnd(
  { bucket, timeZone }: BucketSettings,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Generator<number> {
  for (const startMs of bucketStarts(bucket, timeZone, fromMs, toMs + longestMs)) {
    yield startMs;
    if (startMs >= toMs) return;
  }
}

export interface BucketSpan {
  /** Ascending; each bucket ends where the next one starts. */
  readonly startsMs: readonly number[];
  /** Where the last one ends. */
  readonly endMs: number;
}

export interface SpanSizes {
  /** Buckets of the first span. */
  readonly first: number;
  /** Buckets of any span. */
  readonly most: number;
  /** A span that begins at `startMs` ends with the first bucket that makes it longer, if it has others. */
  readonly mostMs?: (startMs: number) => number;
}

/** Cuts starts, the last of which only ends the bucket before it, into spans: each of up to twice as many buckets as the one before. */
export function* bucketSpans(
  starts: Iterable<number>,
  { first, most, mostMs = () => Infinity }: SpanSizes,
): Generator<BucketSpan> {
  let startsMs: number[] = [];
  let size = Math.min(first, most);
  for (const startMs of starts) {
    const [firstMs = startMs] = startsMs;
    if (startsMs.length === size || startMs - firstMs >= mostMs(firstMs)) {
      yield { startsMs, endMs: startMs };
      startsMs = [];
      size = Math.min(size * 2, most);
    }
    startsMs.push(startMs);
  }
  const endMs = startsMs.pop();
  if (endMs !== undefined && startsMs.length > 0) yield { startsMs, endMs };
}
