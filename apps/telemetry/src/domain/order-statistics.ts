import { type AggregateFunction, aggregateFunctions } from './aggregate-functions.js';

/** Functions that need every value of a bucket in order: they cannot be put together from parts. */
export type PercentileFunction = 'median' | `p${number}`;

export const percentileFunctions: readonly PercentileFunction[] = [
  'median',
  ...Array.from({ length: 99 }, (_, index): PercentileFunction => `p${index + 1}`),
  'p99.9',
];

/** Everything that can be asked of a bucket. */
export type BucketFunction = AggregateFunction | PercentileFunction | 'histogram';

export const bucketFunctions: readonly BucketFunction[] = [...aggregateFunctions, ...percentileFunctions, 'histogram'];

export function isAggregateFunction(name: BucketFunction): name is AggregateFunction {
  return (aggregateFunctions as readonly BucketFunction[]).includes(name);
}

/** Read as decimals: 99.9 / 100 is not the number nearest to 0.999. */
const fractions = new Map<string, number>(
  percentileFunctions.map((name) => [name, name === 'median' ? 0.5 : Number(`${name.slice(1)}e-2`)]),
);

/** `p95` -> 0.95 */
export function fractionOf(name: PercentileFunction): number {
  return fractions.get(name) ?? NaN;
}

export function isPercentile(name: BucketFunction): name is PercentileFunction {
  return fractions.has(name);
}

export const maxBins = 100;

/** How the bins of a histogram are cut. */
export type Bins =
  /** Ascending, one more than there are bins. */
  | { readonly edges: readonly number[] }
  /** Equal bins over a range; without one, over that from the least to the greatest value of each bucket. */
  | { readonly bins: number; readonly range?: { readonly from: number; readonly to: number } };

/**
 * `counts[i]` values lie in `edges[i]` (inclusive) to `edges[i + 1]` (exclusive; inclusive for the last bin). The rest
 * is `below` the first or `above` the last edge.
 */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly below: number;
  readonly above: number;
}
