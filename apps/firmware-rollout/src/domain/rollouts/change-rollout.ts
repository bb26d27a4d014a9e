import type { CancelCause } from '../assignments/assignment.js';
import type { Excused, PauseReason, Rollout, RolloutState, Wave } from './rollout.js';
import { type RolloutActionKind, type RolloutRefusal, rolloutTransitions } from './rollout-transitions.js';

/** What people do to a rollout, and the engine. `by` is absent where no person does it. */
export type RolloutAction =
  | { readonly kind: 'start'; readonly by: string }
  | { readonly kind: 'approve'; readonly by: string }
  /** @property by absent where a condition, or another service, wants it */
  | { readonly kind: 'pause'; readonly reason: PauseReason; readonly detail: string; readonly by?: string }
  /** @property excused counts of the current wave: what it was paused for is not held against it again */
  | { readonly kind: 'resume'; readonly by: string; readonly excused: Excused }
  /** @property detail in the words of whoever wants it */
  | { readonly kind: 'abort'; readonly cause: CancelCause; readonly detail?: string; readonly by?: string }
  | { readonly kind: 'approve-wave'; readonly wave: number; readonly by: string }
  /** To the next wave, whatever the conditions say. */
  | { readonly kind: 'advance'; readonly wave: number; readonly by: string }
  | { readonly kind: 'start-wave' | 'finish-wave' | 'reopen-wave' | 'complete-wave'; readonly wave: number }
  | { readonly kind: 'succeed' | 'finish-abort' };

/** What happened, for the history and for events: exactly one for each change. */
export interface RolloutEntry {
  readonly rollout: string;
  /** Of the rollout, after it. */
  readonly version: number;
  /** `change`: the draft is another one. */
  readonly kind: RolloutActionKind | 'change';
  readonly from: RolloutState;
  readonly to: RolloutState;
  readonly wave?: number;
  /** Why it was paused or aborted. */
  readonly reason?: PauseReason | CancelCause;
  readonly detail?: string;
  readonly atMs: number;
  readonly by?: string;
}

export type RolloutChange =
  | {
      readonly outcome: 'changed';
      readonly rollout: Rollout;
      /** Absent when no wave has changed. */
      readonly wave?: Wave;
      readonly entry: RolloutEntry;
    }
  /** It is so already. */
  | { readonly outcome: 'repeated' }
  | { readonly outcome: 'refused'; readonly refusal: RolloutRefusal };

type WaveStep = Wave | 'repeated' | RolloutRefusal;

/**
 * One action on a rollout: what it and one of its waves are afterwards, and what is recorded, to be stored if the rollout's version is
 * still the same.
 *
 * @param waves all, in their order
 */
export function changeRollout(
  rollout: Rollout,
  waves: readonly Wave[],
  action: RolloutAction,
  nowMs: number,
): RolloutChange {
  const transition = rolloutTransitions[rollout.state][action.kind];
  if (transition.kind === 'repeated') return { outcome: 'repeated' };
  if (transition.kind === 'refused') return { outcome: 'refused', refusal: transition.refusal };
  const { approval } = transition;
  if (approval !== undefined && isOwnApproval(rollout, action)) return { outcome: 'refused', refusal: 'own-approval' };
  const wave = waveAfter(rollout, waves, action, nowMs);
  if (wave === 'repeated') return { outcome: 'repeated' };
  if (typeof wave === 'string') return { outcome: 'refused', refusal: wave };
  const needsApproval = action.kind === 'start' && rollout.settings.startApproval !== undefined;
  const to = needsApproval ? 'waiting-for-approval' : (transition.to ?? rollout.state);
  const changed = { ...withMembers(rollout, action, nowMs), state: to, version: rollout.version + 1 };
  const entry = entryOf(rollout, to, action, nowMs);
  return { outcome: 'changed', rollout: changed, entry, ...(wave === undefined ? {} : { wave }) };
}

function isOwnApproval({ settings, startedBy }: Rollout, action: RolloutAction): boolean {
  if (action.kind === 'approve') return settings.startApproval === 'second-person' && action.by === startedBy;
  const asked = settings.advance.some((condition) => condition.kind === 'approval' && condition.by === 'second-person');
  return action.kind === 'approve-wave' && asked && action.by === startedBy;
}

function withMembers(rollout: Rollout, action: RolloutAction, nowMs: number): Rollout {
  const { paused: _paused, ...rest } = rollout;
  switch (action.kind) {
    case 'start':
      return { ...rest, startedBy: action.by, startedAtMs: nowMs };
    case 'approve':
      return { ...rest, approvedBy: action.by };
    case 'pause':
      return { ...rest, paused: { reason: action.reason, detail: action.detail } };
    case 'abort':
      return { ...rest, abortCause: action.cause };
    case 'resume':
      return rest;
    default:
      return rollout;
  }
}

/** The wave that an action changes; undefined when it changes none. */
function waveAfter(
  rollout: Rollout,
  waves: readonly Wave[],
  action: RolloutAction,
  nowMs: number,
): WaveStep | undefined {
  if (action.kind === 'resume') {
    const isForFailures = rollout.paused?.reason === 'failures' || rollout.paused?.reason === 'conditions';
    const current = waves.find(({ state }) => state === 'running' || state === 'soaking');
    return isForFailures && current !== undefined ? { ...current, excused: action.excused } : undefined;
  }
  if (!('wave' in action)) return undefined;
  const wave = waves[action.wave];
  if (wave === undefined) return 'no-such-wave';
  if (action.kind === 'start-wave' && waves.slice(0, action.wave).some(({ state }) => state !== 'done'))
    return 'wave-not-begun';
  return changeWave(wave, action, nowMs);
}

function changeWave(wave: Wave, action: Extract<RolloutAction, { wave: number }>, nowMs: number): WaveStep {
  const { finishedAtMs: _finishedAtMs, ...unfinished } = wave;
  if (action.kind === 'start-wave')
    return wave.state === 'pending' ? { ...wave, state: 'running', startedAtMs: nowMs } : 'repeated';
  if (wave.state === 'pending') return 'wave-not-begun';
  if (wave.state === 'done') return 'repeated';
  switch (action.kind) {
    case 'approve-wave':
      return wave.approvedBy === undefined ? { ...wave, approvedBy: action.by } : 'repeated';
    case 'advance':
      return wave.advancedBy === undefined ? { ...wave, advancedBy: action.by } : 'repeated';
    case 'finish-wave':
      return wave.state === 'running' ? { ...wave, state: 'soaking', finishedAtMs: nowMs } : 'repeated';
    case 'reopen-wave':
      return wave.state === 'soaking' ? { ...unfinished, state: 'running' } : 'repeated';
    case 'complete-wave':
      return { ...wave, state: 'done', doneAtMs: nowMs };
  }
}

function entryOf(rollout: Rollout, to: RolloutState, action: RolloutAction, nowMs: number): RolloutEntry {
  return {
    ...{ rollout: rollout.id, version: rollout.version + 1, kind: action.kind, from: rollout.state, to, atMs: nowMs },
    ...('wave' in action ? { wave: action.wave } : {}),
    ...(action.kind === 'pause' ? { reason: action.reason, detail: action.detail } : {}),
    ...(action.kind === 'abort' ? { reason: action.cause } : {}),
    ...(action.kind === 'abort' && action.detail !== undefined ? { detail: action.detail } : {}),
    ...('by' in action && action.by !== undefined ? { by: action.by } : {}),
  };
}
