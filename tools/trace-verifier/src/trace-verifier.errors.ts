import { CodedError } from '@myelin/kernel';

export type TraceVerifierErrorCode =
  /** Permanent: a service answered what it must not, so that there is nothing to look at. */
  | 'trace-verifier.refused'
  /** Permanent: what was driven did not come to its end in time. */
  | 'trace-verifier.not-reached'
  /** Permanent: an argument that there is not. */
  | 'trace-verifier.options-invalid'
  /** Retryable: Jaeger did not answer a query, or with something that is no trace. */
  | 'trace-verifier.query-failed';

export class TraceVerifierError extends CodedError<TraceVerifierErrorCode> {}
