import { CodedError } from '@myelin/kernel';

export class MainJobError extends CodedError<
  | 'main-job.service-not-ready'
  | 'main-job.kafka-unreachable'
  | 'main-job.port-taken'
  | 'main-job.port-invalid'
  | 'main-job.interrupted'
  | 'main-job.migration-failed'
  | 'main-job.operator-token-missing'
> {}
