import { type Problem, validationFailed } from '@myelin/service-kit';

/** A refusal of query parameters that are fine one by one but not together. */
export function parameterFaults(...faults: readonly { parameter: string; detail: string }[]): Problem {
  return validationFailed(faults);
}
