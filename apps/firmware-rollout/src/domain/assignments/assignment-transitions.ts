import type { DeviceReportKind } from './device-report.js';
import { type AssignmentState, type WorkingState, workingStates } from './assignment.js';

/** What the world around has to do when an assignment changes; repeating it changes nothing. */
export type AssignmentEffect =
  /** The device is shown the deployment. */
  | 'show-deployment'
  /** The device is asked whether it agrees. */
  | 'show-confirmation'
  /** The device is shown that it shall stop. */
  | 'show-cancel'
  /** The device is shown neither. */
  | 'show-nothing'
  | 'tell-installation-began'
  | 'tell-installation-succeeded'
  | 'tell-installation-failed';

/** What happens to an assignment, with what makes a difference spelt out, so that the table needs no conditions. */
export type TransitionKey =
  | DeviceReportKind
  | 'offer'
  /** Of what the device has to agree to first. */
  | 'offer-unconfirmed'
  | 'confirm'
  | 'deny'
  | 'cancel'
  | 'skip'
  | 'retry'
  | 'end-of-device'
  | 'time-out'
  /** The download of one that is download-only. */
  | 'downloaded-only'
  /** It has stopped, because its time was up. */
  | 'stopped-overdue'
  /** Its time is up, and it was asked to stop before, or will not. */
  | 'time-out-again';

export type Transition =
  | { readonly kind: 'go'; readonly to: AssignmentState; readonly effects: readonly AssignmentEffect[] }
  /** To where it was before it was asked to stop. */
  | { readonly kind: 'resume'; readonly effects: readonly AssignmentEffect[] }
  /** Where it would be again moves on; itself it stays. */
  | { readonly kind: 'advance-behind' }
  /** Nothing changes, and it is recorded. */
  | { readonly kind: 'note' }
  /** It is so already: nothing is recorded either. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly refusal: AssignmentRefusal };

export const assignmentRefusals = [
  ...(['gone', 'not-offered', 'already-offered', 'closed', 'not-closed', 'not-unconfirmed'] as const),
] as const;
export type AssignmentRefusal = (typeof assignmentRefusals)[number];

type Row = Readonly<Record<TransitionKey, Transition>>;

const go = (to: AssignmentState, ...effects: AssignmentEffect[]): Transition => ({ kind: 'go', to, effects });
const refused = (refusal: AssignmentRefusal): Transition => ({ kind: 'refused', refusal });
const note: Transition = { kind: 'note' };
const repeated: Transition = { kind: 'repeated' };
const advanceBehind: Transition = { kind: 'advance-behind' };

const planned: Row = {
  offer: go('offered', 'show-deployment'),
  'offer-unconfirmed': go('unconfirmed', 'show-confirmation'),
  confirm: refused('not-unconfirmed'),
  deny: refused('not-unconfirmed'),
  cancel: go('cancelled'),
  skip: go('skipped'),
  retry: refused('not-closed'),
  'end-of-device': go('skipped'),
  ...ofReports(refused('not-offered')),
  'time-out': refused('not-offered'),
  'time-out-again': refused('not-offered'),
};

/** The device has the question, and nothing else: it takes its time, up to the end of it, and is no failure then. */
const unconfirmed: Row = {
  offer: repeated,
  'offer-unconfirmed': repeated,
  confirm: go('offered', 'show-deployment'),
  deny: note,
  cancel: go('cancelled', 'show-nothing'),
  skip: refused('already-offered'),
  retry: refused('not-closed'),
  'end-of-device': go('cancelled', 'show-nothing'),
  ...ofReports(refused('not-offered')),
  'time-out': go('cancelled', 'show-nothing'),
  'time-out-again': go('cancelled', 'show-nothing'),
};

/** What each working state has in common: the device may say that it has ended, whatever it said before. */
const ends = {
  offer: repeated,
  'offer-unconfirmed': repeated,
  // An answer that comes twice.
  confirm: repeated,
  deny: refused('not-unconfirmed'),
  cancel: go('cancelling', 'show-cancel'),
  skip: refused('already-offered'),
  retry: refused('not-closed'),
  'end-of-device': go('cancelled', 'show-nothing', 'tell-installation-failed'),
  'downloaded-only': go('succeeded', 'show-nothing'),
  succeeded: go('succeeded', 'show-nothing', 'tell-installation-succeeded'),
  failed: go('failed', 'show-nothing', 'tell-installation-failed'),
  cancelled: go('cancelled', 'show-nothing', 'tell-installation-failed'),
  'stopped-overdue': go('failed', 'show-nothing', 'tell-installation-failed'),
  // Whoever may still be at it is not given up at once: it would take the next instruction for this one.
  'time-out': go('cancelling', 'show-cancel'),
  'time-out-again': go('failed', 'show-nothing', 'tell-installation-failed'),
  // Of one that is not cancelling it is refused before, by the resource that it came to.
  'cancel-refused': note,
} as const;

/** A report that comes late never takes anybody back. */
const working: Readonly<Record<WorkingState, Row>> = {
  offered: { ...ends, ...forwards('offered'), warned: go('retrieved') },
  retrieved: { ...ends, ...forwards('retrieved'), warned: note },
  downloading: { ...ends, ...forwards('downloading'), warned: note },
  downloaded: { ...ends, ...forwards('downloaded'), warned: note },
  installing: { ...ends, ...forwards('installing'), warned: note },
};

const cancelling: Row = {
  ...ends,
  retrieved: advanceBehind,
  downloading: advanceBehind,
  downloaded: advanceBehind,
  proceeding: advanceBehind,
  warned: advanceBehind,
  cancel: repeated,
  'time-out': go('cancelled', 'show-nothing', 'tell-installation-failed'),
  'cancel-refused': { kind: 'resume', effects: ['show-deployment'] },
};

/** What is closed stays so; the same closing word again is no fault of the device's, which may not have had the answer. */
const closed: Row = {
  offer: refused('closed'),
  'offer-unconfirmed': refused('closed'),
  confirm: refused('gone'),
  deny: refused('gone'),
  cancel: refused('closed'),
  skip: refused('closed'),
  retry: go('planned'),
  'end-of-device': repeated,
  ...ofReports(refused('gone')),
  'time-out': refused('closed'),
  'time-out-again': refused('closed'),
};

/** Every state and everything that can happen in it. */
export const assignmentTransitions: Readonly<Record<AssignmentState, Row>> = {
  planned,
  unconfirmed,
  ...working,
  cancelling,
  succeeded: { ...closed, retry: refused('closed'), succeeded: repeated, 'downloaded-only': repeated },
  failed: {
    ...closed,
    failed: repeated,
    'time-out': repeated,
    'time-out-again': repeated,
    'stopped-overdue': repeated,
  },
  cancelled: { ...closed, cancel: repeated, cancelled: repeated, 'time-out': repeated, 'stopped-overdue': repeated },
  skipped: { ...closed, skip: repeated },
};

function ofReports(transition: Transition) {
  return {
    retrieved: transition,
    downloading: transition,
    downloaded: transition,
    'downloaded-only': transition,
    proceeding: transition,
    warned: transition,
    succeeded: transition,
    failed: transition,
    cancelled: transition,
    'stopped-overdue': transition,
    'cancel-refused': transition,
  };
}

function forwards(from: WorkingState) {
  const forward = (to: WorkingState, ...effects: AssignmentEffect[]): Transition =>
    workingStates.indexOf(to) > workingStates.indexOf(from) ? go(to, ...effects) : note;
  return {
    retrieved: forward('retrieved'),
    downloading: forward('downloading'),
    downloaded: forward('downloaded'),
    proceeding: forward('installing', 'tell-installation-began'),
  };
}
