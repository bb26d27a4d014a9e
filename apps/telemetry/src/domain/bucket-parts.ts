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

/** Cuts starts, the last of which only ends the bucket before it, into spans of `first` buckets, then twice as many, up to `most`. */
export function* bucketSpans(starts: Iterable<number>, first: number, most: number): Generator<BucketSpan> {
  let startsMs: number[] = [];
  let size = Math.min(first, most);
  for (const startMs of starts) {
    if (startsMs.length === size) {
      yield { startsMs, endMs: startMs };
      startsMs = [];
      size = Math.min(size * 2, most);
    }
    startsMs.push(startMs);
  }
  const endMs = startsMs.pop();
  if (endMs !== undefined && startsMs.length > 0) yield { startsMs, endMs };
}
