import { CodedError } from '@myelin/kernel';

export class MainJobError extends CodedError<
  | 'main-job.service-not-ready'
  | 'main-job.service-keeps-failing'
  | 'main-job.port-taken'
  | 'main-job.migration-failed'
  | 'main-job.operator-token-missing'
> {}
