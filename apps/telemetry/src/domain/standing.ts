/** How a value stands within those of a fleet. */
export interface Standing {
  /** 1 is the greatest; equal values share the better rank. */
  readonly rank: number;
  /** Percent of the fleet that is smaller, equal ones counted half. */
  readonly percentile: number;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? NaN, sorted[sorted.length >> 1] ?? NaN];
  // As the function `median` has it; a step between two values can be greater than any number.
  const median = Number.isFinite(high - low) ? low + (high - low) / 2 : low / 2 + high / 2;
  return { min: sorted[0] ?? NaN, median, max: sorted.at(-1) ?? NaN };
}

/** @param values of the fleet, at least one */
export function standingOf(value: number, values: readonly number[]): Standing {
  const greater = values.filter((other) => other > value).length;
  const equal = values.filter((other) => other === value).length;
  const smaller = values.length - greater - equal;
  return { rank: greater + 1, percentile: (100 * (smaller + equal / 2)) / values.length };
}

/** What sets one number against another; a member without a finite answer is absent. */
export interface Contrast {
  readonly difference?: number;
  readonly ratio?: number;
}

export function contrastOf(value: number | undefined, reference: number | undefined): Contrast {
  if (value === undefined || reference === undefined) return {};
  const [difference, ratio] = [value - reference, value / reference];
  return { ...(Number.isFinite(difference) && { difference }), ...(Number.isFinite(ratio) && { ratio }) };
}
