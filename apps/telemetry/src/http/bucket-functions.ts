import { ValidateBy } from 'class-validator';
import { aggregateFunctions } from '../domain/aggregate-functions.js';
import { type BucketFunction, bucketFunctions } from '../domain/order-statistics.js';

const others = 'median, p1 to p99, p99.9';

/** Refuses what is no function of a bucket. */
export function IsBucketFunction(
  options: { readonly each?: boolean; readonly without?: readonly BucketFunction[] } = {},
): PropertyDecorator {
  const allowed = new Set<unknown>(bucketFunctions.filter((name) => options.without?.includes(name) !== true));
  const names = [...aggregateFunctions, others, ...(allowed.has('histogram') ? ['histogram'] : [])].join(', ');
  return ValidateBy(
    {
      name: 'isBucketFunction',
      validator: {
        validate: (value) => allowed.has(value),
        defaultMessage: () => `$property must be among ${names}`,
      },
    },
    options.each === true ? { each: true } : {},
  );
}

/** Of the API document: one function. */
export const functionSchema = {
  oneOf: [
    { type: 'string', enum: [...aggregateFunctions, 'median', 'p99.9'] },
    { type: 'string', pattern: '^p[1-9][0-9]?$', description: 'A percentile, interpolated linearly.' },
  ],
};
