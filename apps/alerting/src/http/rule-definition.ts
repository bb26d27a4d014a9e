import { validationFailed } from '@myelin/service-kit';
import { parseRule, type RuleDefinition } from '../domain/rules/parse-rule.js';

/** @param pointer where in the body it stands. @throws Problem 400 validation-failed with all faults */
export function ruleDefinition(body: unknown, pointer = ''): RuleDefinition {
  const parsed = parseRule(body);
  if (parsed.ok) return parsed.value;
  throw validationFailed(
    parsed.problems.map(({ pointer: within, problem }) => ({ pointer: pointer + within, detail: problem })),
  );
}
