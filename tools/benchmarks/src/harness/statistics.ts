export type Direction = 'at-least' | 'at-most';

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** `at-most`: small values are good ones. */
export function best(values: readonly number[], direction: Direction): number {
  if (values.length === 0) return Number.NaN;
  return direction === 'at-most' ? Math.min(...values) : Math.max(...values);
}

/** The value that `share` of all values do not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] as number;
}

/**
 * The median of what each round gives alone: both sides of a round ran within seconds of each other, so a machine that
 * others slow down for a while slows down both.
 */
export function pairedRatio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((value, round) => value / (denominators[round] ?? Number.NaN)));
}

/** Four significant digits: what a run can tell apart. */
export function rounded(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}
