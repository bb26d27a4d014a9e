import { CodedError } from '@myelin/kernel';

export type RuleErrorCode =
  /** A rule that nobody checked names a model with parameters that it cannot have. */
  | 'rule.model-invalid'
  /** A rule that nobody checked has a schedule with intervals that are none. */
  | 'rule.schedule-invalid';

export class RuleError extends CodedError<RuleErrorCode> {}
