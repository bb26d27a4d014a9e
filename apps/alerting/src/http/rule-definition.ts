import { parseRule, type RuleDefinition } from '../domain/rules/parse-rule.js';
import { refused } from './refused.js';

/** @throws Problem 400 validation-failed with all faults */
export function ruleDefinition(body: unknown): RuleDefinition {
  const parsed = parseRule(body);
  if (parsed.ok) return parsed.value;
  throw refused(parsed.problems);
}
