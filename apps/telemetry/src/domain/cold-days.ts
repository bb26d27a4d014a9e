import type { BatchPlan } from './plan-batch.js';
import { type RetentionClassCode, dayOf } from './retention.js';

/** Days of class `short` are dropped before compressing them would pay. */
export function hasSegments(retentionClass: RetentionClassCode): boolean {
  return retentionClass !== 0;
}

/** The last day that may be frozen: so many whole days lie between it and today. */
export function lastColdDay(coldAfterDays: number, nowMs: number): number {
  return dayOf(nowMs) - coldAfterDays - 1;
}

/**
 * Whether a day may have segments. The database refuses to freeze a day unless a whole one lies between (`ensure_segment_partition`);
 * here another day is left for clocks that differ.
 */
export function mayBeCold(tsMs: number, nowMs: number): boolean {
  return dayOf(tsMs) < dayOf(nowMs);
}

export interface StoredMoment {
  readonly deviceIndex: number;
  readonly tsMs: number;
  readonly retentionClass: RetentionClassCode;
}

/** Where a plan stores or changes something on a day that may have segments: what reaches over these moments is thawed first. */
export function coldMoments({ inserts, seenAgain }: BatchPlan, nowMs: number): StoredMoment[] {
  return [...inserts, ...seenAgain, ...seenAgain.map((row) => ({ ...row, retentionClass: row.storedClass }))]
    .filter(({ tsMs, retentionClass }) => hasSegments(retentionClass) && mayBeCold(tsMs, nowMs))
    .map(({ deviceIndex, tsMs, retentionClass }) => ({ deviceIndex, tsMs, retentionClass }));
}
