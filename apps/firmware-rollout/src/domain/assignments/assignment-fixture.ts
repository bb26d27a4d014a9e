import type { Assignment } from './assignment.js';
import { type AssignmentChange, type AssignmentEvent, changeAssignment } from './change-assignment.js';
import type { DeviceReportKind } from './device-report.js';

export const timeoutMs = 60_000;

/** For tests: in the first wave, planned at the instant 0. */
export function anAssignment(members: Partial<Assignment> = {}): Assignment {
  return {
    ...{ rollout: 'r', device: 'dev-1', wave: 0, attempt: 1, isDownloadOnly: false },
    ...{ state: 'planned', changedAtMs: 0, version: 1, ...members },
  };
}

export const offer = (actionId = 7): AssignmentEvent => ({ kind: 'offer', actionId, timeoutMs });
export const report = (kind: DeviceReportKind): AssignmentEvent => ({
  ...{ kind: 'report', report: kind, about: 'deployment', timeoutMs },
});
export const answer = (kind: DeviceReportKind): AssignmentEvent => ({
  ...{ kind: 'report', report: kind, about: 'cancel', timeoutMs },
});
export const cancel: AssignmentEvent = { kind: 'cancel', cause: 'operator', timeoutMs };
export const timeOut: AssignmentEvent = { kind: 'time-out', timeoutMs };

/** One after the other, each a time-out later than the one before; what is refused or repeated changes nothing. */
export function after(events: readonly AssignmentEvent[], start = anAssignment()): Assignment {
  return events.reduce<Assignment>((assignment, event, index) => {
    const change = changeAssignment(assignment, event, (index + 1) * timeoutMs);
    return change.outcome === 'changed' ? change.assignment : assignment;
  }, start);
}

/** In a word: where it goes, or why not. */
export function outcomeOf(change: AssignmentChange): string {
  if (change.outcome === 'repeated') return 'repeated';
  if (change.outcome === 'refused') return change.refusal;
  const { state, reason } = change.assignment;
  return reason === undefined ? state : `${state}/${reason}`;
}
