import { dayMs } from './retention.js';
import { type OffsetSpan, offsetSpans } from './time-zone.js';

const minuteMs = 60_000;
const hourMs = 3_600_000;

export const bucketSizes = [
  ...['1m', '5m', '10m', '15m', '30m', '1h'],
  ...['3h', '6h', '12h', '1d', '1w', '1mo'],
] as const;
export type BucketSize = (typeof bucketSizes)[number];

interface BucketRule {
  /** Numbers the buckets by local wall time (milliseconds as if UTC); never falls while wall time rises. */
  numberOf(localMs: number): number;
  /** Local wall time at which the bucket after the one of `localMs` begins. */
  nextStart(localMs: number): number;
  readonly usualMs: number;
  /** Longer than any bucket of this size, clock changes included. */
  readonly spanMs: number;
  /** Set for sizes up to an hour: when clocks go back by at least this much, the repeated hour has buckets of its own. */
  readonly repeatsFromMs: number;
}

function multipleOf(sizeMs: number, originMs = 0): BucketRule {
  const numberOf = (localMs: number): number => Math.floor((localMs - originMs) / sizeMs);
  return {
    numberOf,
    nextStart: (localMs) => (numberOf(localMs) + 1) * sizeMs + originMs,
    usualMs: sizeMs,
    spanMs: sizeMs + 2 * dayMs,
    repeatsFromMs: sizeMs <= hourMs ? sizeMs : Infinity,
  };
}

const month: BucketRule = {
  numberOf: (localMs) => new Date(localMs).getUTCFullYear() * 12 + new Date(localMs).getUTCMonth(),
  nextStart: (localMs) => Date.UTC(new Date(localMs).getUTCFullYear(), new Date(localMs).getUTCMonth() + 1, 1),
  usualMs: 31 * dayMs,
  spanMs: 33 * dayMs,
  repeatsFromMs: Infinity,
};

/** The epoch was a Thursday; weeks begin on Monday (ISO 8601). */
const firstMondayMs = 4 * dayMs;

const rules: Readonly<Record<BucketSize, BucketRule>> = {
  '1m': multipleOf(minuteMs),
  '5m': multipleOf(5 * minuteMs),
  '10m': multipleOf(10 * minuteMs),
  '15m': multipleOf(15 * minuteMs),
  '30m': multipleOf(30 * minuteMs),
  '1h': multipleOf(hourMs),
  '3h': multipleOf(3 * hourMs),
  '6h': multipleOf(6 * hourMs),
  '12h': multipleOf(12 * hourMs),
  '1d': multipleOf(dayMs),
  '1w': multipleOf(7 * dayMs, firstMondayMs),
  '1mo': month,
};

/** How long a bucket usually is; a month 31 days. */
export function usualLengthMs(size: BucketSize): number {
  return rules[size].usualMs;
}

/**
 * Starts of the buckets that cover `fromMs` (inclusive) to `toMs` (exclusive), ascending; the first starts at or before
 * `fromMs`, and each bucket ends where the next one starts. Buckets begin at round local wall times. Over a clock change, those up to
 * an hour keep their length (the repeated hour is counted apart from the first), longer ones follow the wall clock (a day has 23 or 25 hours).
 */
export function* bucketStarts(size: BucketSize, timeZone: string, fromMs: number, toMs: number): Generator<number> {
  const rule = rules[size];
  let pending: number | undefined;
  for (const startMs of startsFrom(rule, timeZone, fromMs - rule.spanMs, toMs)) {
    if (startMs > fromMs) {
      if (pending !== undefined) yield pending;
      pending = undefined;
      yield startMs;
    } else pending = startMs;
  }
  if (pending !== undefined) yield pending;
}

/** Zones are probed a while at a time, so that a long range costs nothing before it is reached. */
const stretchMs = 370 * dayMs;

function* startsFrom(rule: BucketRule, timeZone: string, fromMs: number, toMs: number): Generator<number> {
  let before: OffsetSpan | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (let stretch = fromMs; stretch < toMs; stretch += stretchMs) {
    for (const span of offsetSpans(timeZone, stretch, Math.min(stretch + stretchMs, toMs))) {
      const goesBack = before !== undefined && before.offsetMs - span.offsetMs >= rule.repeatsFromMs;
      let localMs = span.startMs + span.offsetMs;
      if (before === undefined) highest = rule.numberOf(localMs);
      else if (goesBack || rule.numberOf(localMs) > highest) {
        highest = rule.numberOf(localMs);
        yield span.startMs;
      } else if (rule.repeatsFromMs !== Infinity) highest = rule.numberOf(localMs);
      for (;;) {
        localMs = rule.nextStart(localMs);
        if (localMs - span.offsetMs >= span.endMs) break;
        if (rule.numberOf(localMs) <= highest) continue;
        highest = rule.numberOf(localMs);
        yield localMs - span.offsetMs;
      }
      before = span;
    }
  }
}
