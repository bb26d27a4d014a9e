import { CodedError } from '@myelin/kernel';

export type ContainersErrorCode =
  /** Permanent: not the machine that images can be built on, or without a program for it; the message says what to install. */
  | 'containers.machine-unfit'
  /** Permanent: a program ended with another code than 0; the message has the end of what it said. */
  | 'containers.command-failed'
  /** Permanent: a service in its container was not ready in time, or ended; the message has the end of its log. */
  | 'containers.not-ready'
  /** Permanent: an argument that there is not. */
  | 'containers.options-invalid';

export class ContainersError extends CodedError<ContainersErrorCode> {}
