/** States of an assignment whose device may be at work, in the order in which it gets through them. */
export const workingStates = ['offered', 'retrieved', 'downloading', 'downloaded', 'installing'] as const;
export type WorkingState = (typeof workingStates)[number];

export const closedStates = ['succeeded', 'failed', 'cancelled', 'skipped'] as const;
export type ClosedState = (typeof closedStates)[number];

/**
 * `planned`: it has a wave, and the device knows nothing of it. `unconfirmed`: the device, or whoever stands before it, has to agree first,
 * and does nothing before that. `cancelling`: the device is asked to stop.
 */
export type AssignmentState = 'planned' | 'unconfirmed' | WorkingState | 'cancelling' | ClosedState;

export const cancelCauses = ['operator', 'abort', 'release-revoked', 'superseded'] as const;
export type CancelCause = (typeof cancelCauses)[number];

/** What has become of a device that was to be updated. */
export const endsOfDevices = ['device-retired', 'device-deleted'] as const;
export type EndOfDevice = (typeof endsOfDevices)[number];

/** Why a device is left out, whoever finds it. */
export const obstacles = [
  'lifecycle',
  'wrong-profile',
  'hardware-unknown',
  'hardware-mismatch',
  'version-too-old',
  'already-installed',
] as const;
export type Obstacle = (typeof obstacles)[number];

export type SkipReason = Obstacle | EndOfDevice | 'operator';

/**
 * Of a failed one `reported` or `timed-out`; of one that is cancelled, or about to be, who wanted it (`device`: it stopped by
 * itself, `not-confirmed`: nobody agreed in time); of a skipped one why; of one at work `refused-to-stop`.
 */
export type AssignmentReason =
  'reported' | 'timed-out' | 'device' | 'refused-to-stop' | 'not-confirmed' | CancelCause | SkipReason;

/** The greatest number of a signed 32-bit integer, which is what update clients read an action id into. */
export const maxActionId = 2_147_483_647;

/** A rollout's firmware for one device. A new attempt takes its place, with another action id. */
export interface Assignment {
  /** Id of the rollout. */
  readonly rollout: string;
  readonly device: string;
  /** From 0 on. */
  readonly wave: number;
  /** From 1 on. */
  readonly attempt: number;
  /** Of this attempt: 1 to `maxActionId`; absent until it is offered. */
  readonly actionId?: number;
  /** It ends with the download; nothing is installed. */
  readonly isDownloadOnly: boolean;
  readonly state: AssignmentState;
  readonly reason?: AssignmentReason;
  /** Only while cancelling: where it is again when the device refuses to stop. */
  readonly resumesAs?: WorkingState;
  /** Of this attempt. */
  readonly offeredAtMs?: number;
  /** When the device's time is up, if it gets no further; absent while nothing is expected of it. */
  readonly dueAtMs?: number;
  readonly changedAtMs: number;
  /** From 1 on; each entry is one more. */
  readonly version: number;
}

export function isWorking(state: AssignmentState): state is WorkingState {
  return (workingStates as readonly AssignmentState[]).includes(state);
}

/** How far a device has shown that it works on what it was offered: not at all, it has read it, or it has said so. */
export type Begun = 'no' | 'retrieved' | 'reported';

export function begunOf(state: AssignmentState): Begun {
  if (state === 'retrieved') return 'retrieved';
  return isWorking(state) && state !== 'offered' ? 'reported' : 'no';
}

/** The device knows of it, and may be at it: no other assignment is for it. */
export function isActive(state: AssignmentState): boolean {
  return state === 'cancelling' || state === 'unconfirmed' || isWorking(state);
}

export function isClosed(state: AssignmentState): state is ClosedState {
  return (closedStates as readonly AssignmentState[]).includes(state);
}
