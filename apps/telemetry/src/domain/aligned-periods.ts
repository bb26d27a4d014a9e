import { utcOffsetMsAt } from '@myelin/kernel';
import { type BucketSettings, bucketsWithEnd } from './bucket-parts.js';
import { instantAt } from './time-zone.js';

export interface Period {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface PeriodBucket {
  readonly startMs: number;
  readonly endMs: number;
}

/** Buckets of two periods that are as far from the start of their period; at least one of them is there. */
export interface AlignedBuckets {
  readonly current: PeriodBucket | undefined;
  readonly baseline: PeriodBucket | undefined;
}

/** Where a period ends that begins at `fromMs` and lasts as long as another one on the zone's clocks. */
export function sameLengthEnd(timeZone: string, fromMs: number, period: Period): number {
  const local = (instantMs: number): number => instantMs + utcOffsetMsAt(timeZone, instantMs);
  return instantAt(timeZone, local(fromMs) + local(period.toMs) - local(period.fromMs));
}

/**
 * Pairs the buckets of two periods by how far they are from the first bucket of their period on the zone's clocks, months
 * by their number; in that order. An hour that clocks repeat is paired with a repeated one, and otherwise with none.
 */
export function alignedBuckets(settings: BucketSettings, current: Period, baseline: Period): AlignedBuckets[] {
  const [left, right] = [placed(settings, current), placed(settings, baseline)];
  const places = new Map([...right, ...left].map(([key, { place }]) => [key, place]));
  return [...places]
    .sort(
      ([, [offset, repetition]], [, [otherOffset, otherRepetition]]) =>
        offset - otherOffset || repetition - otherRepetition,
    )
    .map(([key]) => ({ current: left.get(key)?.bucket, baseline: right.get(key)?.bucket }));
}

interface PlacedBucket {
  readonly bucket: PeriodBucket;
  readonly place: readonly [offset: number, repetition: number];
}

function placed(settings: BucketSettings, period: Period): Map<string, PlacedBucket> {
  const starts = [...bucketsWithEnd(settings, period)];
  const local = (instantMs: number): number => instantMs + utcOffsetMsAt(settings.timeZone, instantMs);
  const buckets = new Map<string, PlacedBucket>();
  for (const [index, startMs] of starts.slice(0, -1).entries()) {
    const offset = settings.bucket === '1mo' ? index : local(startMs) - local(starts[0] ?? 0);
    let repetition = 0;
    while (buckets.has(`${offset}/${repetition}`)) repetition += 1;
    const bucket = { startMs, endMs: starts[index + 1] ?? startMs };
    buckets.set(`${offset}/${repetition}`, { bucket, place: [offset, repetition] });
  }
  return buckets;
}
