/** What is told of the numeric values of a bucket, a device and a metric when no functions are named. */
export const defaultAggregateFunctions = ['min', 'max', 'avg', 'sum', 'count', 'first', 'last'] as const;

export const aggregateFunctions = [
  ...defaultAggregateFunctions,
  ...(['stddev', 'timeWeightedAvg', 'increase', 'rate', 'resets', 'slope'] as const),
] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];
