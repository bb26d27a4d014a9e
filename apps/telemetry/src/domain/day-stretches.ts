import { dayMs, dayOf } from './retention.js';

/** Days whose partitions one statement opens: more would cost planning and locks. */
export const daysPerStatement = 31;

/**
 * The first and the last millisecond of the UTC days of some moments, of at least one: bounds that let the planner leave out
 * partitions, and no more. Bounds that are narrow in the present look like few rows to it, since its statistics are
 * older, and then it reads all of them instead of looking the moments up.
 */
export function daysAround(moments: readonly { readonly tsMs: number }[]): {
  readonly firstMs: number;
  readonly lastMs: number;
} {
  let [firstMs, lastMs] = [Infinity, -Infinity];
  for (const { tsMs } of moments) [firstMs, lastMs] = [Math.min(firstMs, tsMs), Math.max(lastMs, tsMs)];
  return { firstMs: dayOf(firstMs) * dayMs, lastMs: (dayOf(lastMs) + 1) * dayMs - 1 };
}

/**
 * Moments as they are asked for in one statement each: all of them while they lie within a month, as nearly always; else
 * those of a day, so that years between them cost neither planning nor locks.
 */
export function dayStretches<Moment extends { readonly tsMs: number }>(
  moments: readonly Moment[],
): readonly (readonly Moment[])[] {
  if (moments.length === 0) return [];
  const { firstMs, lastMs } = daysAround(moments);
  if (dayOf(lastMs) - dayOf(firstMs) < daysPerStatement) return [moments];
  return [...Map.groupBy(moments, ({ tsMs }) => dayOf(tsMs)).values()];
}
