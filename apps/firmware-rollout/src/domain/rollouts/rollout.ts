import type { CancelCause } from '../assignments/assignment.js';
import type { AdvanceCondition } from './advance-conditions.js';
import type { PauseCondition } from './pause-conditions.js';
import type { Speed } from './speed.js';
import type { WeeklyWindow } from './weekly-windows.js';

export const rolloutStates = [
  ...(['draft', 'waiting-for-approval', 'running', 'paused'] as const),
  ...(['aborting', 'aborted', 'succeeded'] as const),
] as const;
export type RolloutState = (typeof rolloutStates)[number];

/**
 * `operator`: a person; `failures`: a condition to pause; `conditions`: a condition to advance that cannot hold any more;
 * `requested`: another service asked for it.
 */
export const pauseReasons = ['operator', 'failures', 'conditions', 'requested'] as const;
export type PauseReason = (typeof pauseReasons)[number];

/** Who may say that it goes on. `second-person`: not who has started it. */
export type Approval = 'anyone' | 'second-person';

/** What of a rollout is fixed before it starts. */
export interface RolloutSettings {
  /** Who has to approve of the start; absent = nobody. */
  readonly startApproval?: Approval;
  /** Devices that match later join it until it ends; absent = who is in it was settled with its plan. */
  readonly isDynamic?: boolean;
  /** All must hold before the next wave begins, and after the last one. */
  readonly advance: readonly AdvanceCondition[];
  /** One is enough. */
  readonly pause: readonly PauseCondition[];
  readonly speed: Speed;
  /** What a device may take from one step to the next. */
  readonly timeoutMs: number;
  /** When devices are offered their firmware; absent = always. */
  readonly windows?: {
    readonly weekly: readonly WeeklyWindow[];
    /** IANA name; absent = of each device, and UTC for one that has none. */
    readonly timeZone?: string;
  };
}

export interface Rollout {
  readonly id: string;
  /** The heavier one of two that want the same device comes first. */
  readonly weight: number;
  readonly createdAtMs: number;
  readonly settings: RolloutSettings;
  readonly state: RolloutState;
  readonly startedBy?: string;
  readonly startedAtMs?: number;
  readonly approvedBy?: string;
  /** Only while it is paused. */
  readonly paused?: { readonly reason: PauseReason; readonly detail: string };
  /** Since it is aborting. */
  readonly abortCause?: CancelCause;
  /** From 1 on; grows with each change of it or of a wave, each step that is applied, and whenever devices are planned anew. */
  readonly version: number;
}

export const waveStates = ['pending', 'running', 'soaking', 'done'] as const;
/** `soaking`: nobody of it is waiting or at work, and it is judged. `done`: the next one may begin. */
export type WaveState = (typeof waveStates)[number];

/** What a rollout was resumed in spite of: it is not held against the wave again. */
export interface Excused {
  readonly succeeded: number;
  readonly unsuccessful: number;
}

export interface Wave {
  /** From 0 on. */
  readonly index: number;
  readonly state: WaveState;
  readonly startedAtMs?: number;
  /** Since when it soaks, or did last. */
  readonly finishedAtMs?: number;
  readonly doneAtMs?: number;
  /** By whom, where a condition asks for it. */
  readonly approvedBy?: string;
  /** Who wants to go on whatever the conditions say. */
  readonly advancedBy?: string;
  readonly excused?: Excused;
  /** Of its beginning: carried along, never looked into. */
  readonly traceparent?: string;
}
