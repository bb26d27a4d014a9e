import { CodedError } from '@myelin/kernel';

export type TestingErrorCode =
  | 'testing.stack-missing'
  | 'testing.timeout'
  | 'testing.closed'
  | 'testing.service-ended'
  | 'testing.cleanup-failed'
  | 'testing.engine-missing';

export class TestingError extends CodedError<TestingErrorCode> {}
