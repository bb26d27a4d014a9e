import {
  type Assignment,
  type AssignmentReason,
  type AssignmentState,
  type CancelCause,
  type EndOfDevice,
  type SkipReason,
  type WorkingState,
  isActive,
  isWorking,
} from './assignment.js';
import {
  type AssignmentEffect,
  type AssignmentRefusal,
  type Transition,
  type TransitionKey,
  assignmentTransitions,
} from './assignment-transitions.js';
import type { DeviceReportKind } from './device-report.js';

/** What happens to an assignment. */
export type AssignmentEvent =
  /**
   * @property actionId one that was never given before
   * @property needsConfirmation the device has to agree before it does anything
   */
  | {
      readonly kind: 'offer';
      readonly actionId: number;
      readonly timeoutMs: number;
      readonly needsConfirmation?: boolean;
    }
  /** The device, or whoever stands before it, agrees, or does not for now. */
  | { readonly kind: 'confirm'; readonly timeoutMs: number }
  | { readonly kind: 'deny' }
  /** @property about what the device was told: to update, or to stop */
  | {
      readonly kind: 'report';
      readonly report: DeviceReportKind;
      readonly about: 'deployment' | 'cancel';
      readonly timeoutMs: number;
    }
  | { readonly kind: 'cancel'; readonly cause: CancelCause; readonly timeoutMs: number; readonly by?: string }
  /** Its time may be up. */
  | { readonly kind: 'time-out'; readonly timeoutMs: number }
  | { readonly kind: 'end-of-device'; readonly reason: EndOfDevice }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly by?: string }
  | { readonly kind: 'retry'; readonly by: string };

/** What happened, for the history and for events: exactly one for each change. */
export interface AssignmentEntry {
  readonly rollout: string;
  readonly device: string;
  /** That it happened to. */
  readonly attempt: number;
  /** Absent before it was offered. */
  readonly actionId?: number;
  /** Of the assignment, after it. */
  readonly version: number;
  readonly kind: AssignmentEvent['kind'];
  readonly report?: DeviceReportKind;
  readonly from: AssignmentState;
  readonly to: AssignmentState;
  /** After it. */
  readonly reason?: AssignmentReason;
  readonly atMs: number;
  /** Who wanted it; absent when no person did. */
  readonly by?: string;
}

export type AssignmentChange =
  | {
      readonly outcome: 'changed';
      readonly assignment: Assignment;
      readonly entry: AssignmentEntry;
      readonly effects: readonly AssignmentEffect[];
    }
  /** It is so already, and was recorded then. */
  | { readonly outcome: 'repeated' }
  /** `gone`: the action is over. `not-cancelling`: nobody asked the device to stop. */
  | { readonly outcome: 'refused'; readonly refusal: AssignmentRefusal | 'not-cancelling' | 'device-gone' };

/**
 * One event of an assignment: what it is afterwards, and what is recorded, both to be stored if its version is still the same. The
 * same event again, for one that is stored already, is `repeated`, recorded as a late report, or refused: it changes no state.
 */
export function changeAssignment(assignment: Assignment, event: AssignmentEvent, nowMs: number): AssignmentChange {
  const refusal = refusalOf(assignment, event);
  if (refusal !== undefined) return { outcome: 'refused', refusal };
  // A step that is repeated after a crash, or comes late, finds that there is time again.
  if (event.kind === 'time-out' && nowMs < (assignment.dueAtMs ?? 0)) return { outcome: 'repeated' };
  const transition = assignmentTransitions[assignment.state][keyOf(assignment, event)];
  switch (transition.kind) {
    case 'refused':
      return { outcome: 'refused', refusal: transition.refusal };
    case 'repeated':
      return { outcome: 'repeated' };
    case 'note':
      return changed(assignment, assignment, event, nowMs);
    case 'go':
      return changed(assignment, moved(assignment, event, transition.to, nowMs), event, nowMs, transition.effects);
    case 'resume':
      return changed(assignment, resumed(assignment, event, nowMs), event, nowMs, transition.effects);
    case 'advance-behind':
      return changed(assignment, { ...assignment, resumesAs: behind(assignment, event) }, event, nowMs);
  }
}

function refusalOf(
  { state, reason }: Assignment,
  event: AssignmentEvent,
): 'not-cancelling' | 'device-gone' | undefined {
  if (event.kind === 'report' && event.about === 'cancel' && isWorking(state)) return 'not-cancelling';
  const isDeviceGone = reason === 'device-retired' || reason === 'device-deleted';
  return event.kind === 'retry' && isDeviceGone ? 'device-gone' : undefined;
}

function keyOf({ state, reason, isDownloadOnly }: Assignment, event: AssignmentEvent): TransitionKey {
  const isOverdue = state === 'cancelling' && reason === 'timed-out';
  if (event.kind === 'offer' && event.needsConfirmation === true) return 'offer-unconfirmed';
  if (event.kind === 'time-out') return isOverdue || reason === 'refused-to-stop' ? 'time-out-again' : 'time-out';
  if (event.kind !== 'report') return event.kind;
  if (event.report === 'downloaded' && isDownloadOnly) return 'downloaded-only';
  return event.report === 'cancelled' && isOverdue ? 'stopped-overdue' : event.report;
}

function moved(assignment: Assignment, event: AssignmentEvent, to: AssignmentState, nowMs: number): Assignment {
  const { reason: before, resumesAs: _resumesAs, dueAtMs: _dueAtMs, ...rest } = assignment;
  if (event.kind === 'retry') {
    const { actionId: _actionId, offeredAtMs: _offeredAtMs, ...kept } = rest;
    return { ...kept, attempt: rest.attempt + 1, state: to };
  }
  const reason = reasonOf(event, assignment.state, to, before);
  return {
    ...rest,
    state: to,
    ...(reason === undefined ? {} : { reason }),
    ...(event.kind === 'offer' ? { actionId: event.actionId, offeredAtMs: nowMs } : {}),
    ...(to === 'cancelling' ? { resumesAs: assignment.state as WorkingState } : {}),
    ...(isActive(to) && 'timeoutMs' in event ? { dueAtMs: nowMs + event.timeoutMs } : {}),
  };
}

function reasonOf(
  event: AssignmentEvent,
  from: AssignmentState,
  to: AssignmentState,
  before: AssignmentReason | undefined,
): AssignmentReason | undefined {
  switch (event.kind) {
    case 'offer':
    case 'confirm':
    case 'deny':
    case 'retry':
      return undefined;
    case 'cancel':
      return event.cause;
    case 'skip':
    case 'end-of-device':
      return event.reason;
    case 'time-out':
      if (from === 'unconfirmed') return 'not-confirmed';
      // Whoever wanted it cancelled has it so, without an answer.
      return to === 'cancelled' ? before : 'timed-out';
    case 'report':
      return reasonOfReport(event.report, from, to, before);
  }
}

function reasonOfReport(
  report: DeviceReportKind,
  from: AssignmentState,
  to: AssignmentState,
  before: AssignmentReason | undefined,
): AssignmentReason | undefined {
  if (to === 'succeeded') return undefined;
  if (to === 'failed') return report === 'failed' ? 'reported' : 'timed-out';
  if (to === 'cancelled') return from === 'cancelling' ? before : 'device';
  return before;
}

function resumed(assignment: Assignment, event: AssignmentEvent, nowMs: number): Assignment {
  const { resumesAs = 'offered', dueAtMs: _dueAtMs, ...rest } = assignment;
  const dueAtMs = nowMs + ('timeoutMs' in event ? event.timeoutMs : 0);
  return { ...rest, state: resumesAs, reason: 'refused-to-stop', dueAtMs };
}

function behind(assignment: Assignment, event: AssignmentEvent): WorkingState {
  const { resumesAs = 'offered' } = assignment;
  const transition: Transition = assignmentTransitions[resumesAs][keyOf(assignment, event)];
  return transition.kind === 'go' && isWorking(transition.to) ? transition.to : resumesAs;
}

function changed(
  before: Assignment,
  after: Assignment,
  event: AssignmentEvent,
  nowMs: number,
  effects: readonly AssignmentEffect[] = [],
): AssignmentChange {
  const { rollout, device, attempt, version } = before;
  // Of a new attempt the entry tells which one it replaces.
  const actionId = event.kind === 'offer' ? after.actionId : before.actionId;
  const { state, reason } = after;
  const isMoved = state !== before.state;
  const entry: AssignmentEntry = {
    ...{ rollout, device, attempt, version: version + 1, kind: event.kind, from: before.state, to: state, atMs: nowMs },
    ...(actionId === undefined ? {} : { actionId }),
    ...(event.kind === 'report' ? { report: event.report } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...('by' in event && event.by !== undefined ? { by: event.by } : {}),
  };
  const assignment = { ...after, version: version + 1, changedAtMs: isMoved ? nowMs : before.changedAtMs };
  return { outcome: 'changed', assignment, entry, effects: effects.filter((effect) => concerns(effect, before)) };
}

/** What a device says of an attempt that is over, for the history: the assignment stays what it is. */
export function lateWord(
  before: Assignment,
  said: { readonly report: DeviceReportKind; readonly actionId: number; readonly attempt: number },
  nowMs: number,
): { readonly assignment: Assignment; readonly entry: AssignmentEntry } {
  const { rollout, device, state, reason } = before;
  const version = before.version + 1;
  const entry: AssignmentEntry = {
    ...{ rollout, device, ...said, version, kind: 'report', from: state, to: state, atMs: nowMs },
    ...(reason === undefined ? {} : { reason }),
  };
  return { assignment: { ...before, version }, entry };
}

/** Of a device that has not begun to install there is no installation to end, and a download is none. */
function concerns(effect: AssignmentEffect, { state, resumesAs, isDownloadOnly }: Assignment): boolean {
  if (effect.startsWith('tell-') && isDownloadOnly) return false;
  return effect !== 'tell-installation-failed' || state === 'installing' || resumesAs === 'installing';
}
