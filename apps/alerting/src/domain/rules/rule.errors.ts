import { CodedError } from '@myelin/kernel';

/** `rule.model-invalid`: a rule that nobody checked names a model with parameters that it cannot have. */
export class RuleError extends CodedError<'rule.model-invalid'> {}
