import { CodedError } from '@myelin/kernel';

export class ChaosError extends CodedError<
  | 'chaos.usage'
  | 'chaos.interrupted'
  /** The scenario cannot be run on this machine; the message says why. */
  | 'chaos.impossible'
> {}
