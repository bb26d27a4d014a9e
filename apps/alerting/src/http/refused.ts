import { type Problem as HttpProblem, validationFailed } from '@myelin/service-kit';
import type { Problem } from '../domain/definitions/problems.js';

/** What is wrong with a definition, as an answer: 400 validation-failed with each fault at its place. */
export function refused(problems: readonly Problem[]): HttpProblem {
  return validationFailed(problems.map(({ pointer, problem }) => ({ pointer, detail: problem })));
}
