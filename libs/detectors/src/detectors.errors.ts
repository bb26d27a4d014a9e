import { CodedError } from '@myelin/kernel';

/** What a caller did wrong; the state is as it was before. */
export class DetectorError extends CodedError<
  /** A reading is NaN or an infinity. */
  | 'detectors.reading-not-finite'
  /** A reading is beyond ±`maxMagnitude`: its square would not be finite for long. */
  | 'detectors.reading-too-large'
  /** A time is no instant that a Date can hold. */
  | 'detectors.time-invalid'
  /** A reading is older than the one before it: whoever feeds a model puts readings in order first. */
  | 'detectors.time-went-back'
  /** The state has another length than the model's `slots`: it belongs to another model. */
  | 'detectors.state-mismatch'
  /** A member of a peer group is no index below the group's capacity. */
  | 'detectors.member-invalid'
> {}
