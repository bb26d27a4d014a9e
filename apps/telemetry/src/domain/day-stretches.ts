import { dayOf } from './retention.js';

/** Days whose partitions one statement opens: more would cost planning and locks. */
export const daysPerStatement = 31;

/** When the first and the last of some moments are, of at least one. */
export function endsOf(moments: readonly { readonly tsMs: number }[]): {
  readonly firstMs: number;
  readonly lastMs: number;
} {
  let [firstMs, lastMs] = [Infinity, -Infinity];
  for (const { tsMs } of moments) [firstMs, lastMs] = [Math.min(firstMs, tsMs), Math.max(lastMs, tsMs)];
  return { firstMs, lastMs };
}

/**
 * Moments as they are asked for in one statement each: all of them while they lie within a month, as nearly always; else
 * those of a day, so that years between them cost neither planning nor locks.
 */
export function dayStretches<Moment extends { readonly tsMs: number }>(
  moments: readonly Moment[],
): readonly (readonly Moment[])[] {
  if (moments.length === 0) return [];
  const { firstMs, lastMs } = endsOf(moments);
  if (dayOf(lastMs) - dayOf(firstMs) < daysPerStatement) return [moments];
  return [...Map.groupBy(moments, ({ tsMs }) => dayOf(tsMs)).values()];
}
