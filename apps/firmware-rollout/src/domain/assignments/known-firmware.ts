import { type Assignment, type AssignmentState, isClosed } from './assignment.js';
import type { AssignmentEvent } from './change-assignment.js';

/** What is known of what a device runs, by the actions that brought it. */
export interface KnownFirmware {
  /** The latest one that it said it runs: a word of this one, or of an older one, comes from before. */
  readonly action?: number;
  /** What it runs is not known after all; `action` only says up to where words come from before. */
  readonly isForgotten?: true;
  /** One that it may run as well: it was at it, and has not said how it ended. */
  readonly doubted?: number;
}

/** What is heard of a device's firmware. */
export type FirmwareWord =
  /** @property isSure it was seen at work on it before; a client may take what it is offered for what it has installed earlier */
  | { readonly kind: 'runs'; readonly action: number; readonly isSure: boolean }
  /** The device does not run it. */
  | { readonly kind: 'failed'; readonly action: number }
  /** Nobody waits for its word any more. */
  | { readonly kind: 'open-end'; readonly action: number };

/** It says by name what it runs. @param upTo the latest action that is over: words of it, and of older ones, come from before */
export function learnByName(known: KnownFirmware, upTo: number): KnownFirmware {
  return { action: Math.max(upTo, known.action ?? 0) };
}

/** The same object when nothing is new. Action ids grow, and a device has one at a time. */
export function learn(known: KnownFirmware, word: FirmwareWord): KnownFirmware {
  switch (word.kind) {
    case 'runs':
      return learnThatRuns(known, word);
    case 'failed':
      return learnThatFailed(known, word.action);
    case 'open-end':
      return learnOpenEnd(known, word.action);
  }
}

function learnThatRuns(
  known: KnownFirmware,
  { action, isSure }: { readonly action: number; readonly isSure: boolean },
): KnownFirmware {
  if (action <= (known.action ?? 0)) return known;
  const { doubted } = known;
  if (doubted === undefined) return { action };
  const isInDoubt = doubted > action || (doubted !== action && !isSure);
  return { action, ...(isInDoubt ? { doubted } : {}) };
}

function learnThatFailed(known: KnownFirmware, action: number): KnownFirmware {
  const { doubted, ...rest } = known;
  if (action === doubted) return rest;
  return action === known.action && !known.isForgotten ? { ...known, isForgotten: true } : known;
}

function learnOpenEnd(known: KnownFirmware, action: number): KnownFirmware {
  const { doubted } = known;
  if (action <= (known.action ?? 0) || action === doubted) return known;
  // Two that may both be installed: ruling one of them out says nothing of the other, of which a word may still come.
  if (doubted !== undefined) return { action: doubted - 1, isForgotten: true, doubted: action };
  return { ...known, doubted: action };
}

const seenAtWork: readonly (AssignmentState | undefined)[] = ['downloading', 'downloaded', 'installing'];

/**
 * What an event says of what the device runs; undefined: nothing. The last word of an action counts whenever it comes, and whatever has
 * become of the assignment: it is the device that knows.
 * @param before of the attempt that the event is about, or of one that took its place
 * @param action of the attempt that the event is about
 * @param after undefined where nothing has changed
 */
export function firmwareWordOf(
  event: AssignmentEvent,
  action: number | undefined,
  before: Assignment,
  after?: Assignment,
): FirmwareWord | undefined {
  if (action === undefined || before.isDownloadOnly) return undefined;
  const at = before.state === 'cancelling' ? before.resumesAs : before.state;
  const isLate = after === undefined;
  if (event.kind === 'report' && event.about === 'deployment') {
    // It was refused while it could still be taken: of what the device has not agreed to there is nothing to say.
    if (isLate && action === before.actionId && !isClosed(before.state)) return undefined;
    if (event.report === 'succeeded') return { kind: 'runs', action, isSure: isLate || seenAtWork.includes(at) };
    if (event.report === 'failed') return { kind: 'failed', action };
  }
  return isLate ? undefined : openEndOf(action, at, after.state);
}

function openEndOf(action: number, at: AssignmentState | undefined, to: AssignmentState): FirmwareWord | undefined {
  // Before it has read the instruction it cannot have followed it.
  const wasAtIt = at === 'retrieved' || seenAtWork.includes(at);
  return isClosed(to) && wasAtIt ? { kind: 'open-end', action } : undefined;
}
