import { CodedError } from '@myelin/kernel';

export type EvaluationErrorCode =
  /** Another member owns the partition now. */
  | 'evaluation.partition-fenced'
  /** What was found, or what is remembered, could not be stored; tried again for as long as it takes. */
  | 'evaluation.not-stored';

export class EvaluationError extends CodedError<EvaluationErrorCode> {}
