import { dayOf } from './retention.js';

/** Days next to each other whose partitions one statement may open. */
const daysPerStatement = 31;

/**
 * Moments as they are asked for in one statement each: all of them while they lie within a month, as nearly always; else
 * those of a day, so that years between them cost neither planning nor locks.
 */
export function dayStretches<Moment extends { readonly tsMs: number }>(
  moments: readonly Moment[],
): readonly (readonly Moment[])[] {
  if (moments.length === 0) return [];
  let [first, last] = [Infinity, -Infinity];
  for (const { tsMs } of moments) [first, last] = [Math.min(first, tsMs), Math.max(last, tsMs)];
  if (dayOf(last) - dayOf(first) < daysPerStatement) return [moments];
  return [...Map.groupBy(moments, ({ tsMs }) => dayOf(tsMs)).values()];
}
