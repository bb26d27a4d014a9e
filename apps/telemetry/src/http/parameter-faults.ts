import { Problem, type ProblemFault } from '@myelin/service-kit';

/** A refusal of query parameters that are fine one by one but not together. */
export function parameterFaults(...faults: readonly { parameter: string; detail: string }[]): Problem {
  const errors: readonly ProblemFault[] = faults;
  const detail = errors.length === 1 ? 'the request has 1 fault' : `the request has ${errors.length} faults`;
  return new Problem({ status: 400, type: 'validation-failed', detail, errors });
}
