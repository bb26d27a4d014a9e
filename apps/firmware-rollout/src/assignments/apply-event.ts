import { writeToOutbox } from '@myelin/outbox';
import { context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import { type Assignment, begunOf, isWorking } from '../domain/assignments/assignment.js';
import type { AssignmentEffect } from '../domain/assignments/assignment-transitions.js';
import {
  type AssignmentChange,
  type AssignmentEvent,
  changeAssignment,
  lateWord,
} from '../domain/assignments/change-assignment.js';
import { firmwareWordOf } from '../domain/assignments/known-firmware.js';
import { addCounts } from '../persistence/assignment-counts.repository.js';
import {
  type DeviceWords,
  type LockedAssignment,
  assignmentOf,
  attemptOf,
  lockAssignment,
  saveChange,
} from '../persistence/assignments.repository.js';
import { lockConfirmation } from '../persistence/confirmations.repository.js';
import { assignmentChanged } from '../publication/assignment-changed.js';
import { traceAssignmentChange } from './assignment-span.js';
import { type RolloutOfAssignment, carryOutEffects } from './carry-out-effects.js';
import { hearFirmware } from './hear-firmware.js';

export interface EventOfDevice {
  readonly device: string;
  readonly event: AssignmentEvent;
  readonly words?: DeviceWords;
  /** The attempt that it is about: the state of a later one it does not change. */
  readonly ofAction?: number;
}

const gone: AssignmentChange = { outcome: 'refused', refusal: 'gone' };

/**
 * One event of an assignment: its state, its history, the counts, what is known of the device and what is published change together, or
 * nothing does. What a device says of an action that is over changes no state, and what is known of the device. For an assignment
 * that is not there undefined. @throws PersistenceError
 */
export async function applyEvent(
  tx: EntityManager,
  of: RolloutOfAssignment,
  happened: EventOfDevice,
  nowMs: number,
): Promise<AssignmentChange | undefined> {
  const { device, ofAction } = happened;
  const row = await lockAssignment(tx, of.id, device);
  if (row === undefined) return undefined;
  const event = await asked(tx, of, happened);
  const before = assignmentOf(row);
  const isReplaced = ofAction !== undefined && ofAction !== before.actionId;
  const change = isReplaced ? gone : changeAssignment(before, event, nowMs);
  if (change.outcome !== 'changed') {
    await hearLate(tx, of, { row, before, happened }, nowMs);
    return change;
  }
  const at = traceAssignmentChange(tx, of, change.assignment);
  await context.with(at, () => store(tx, of, { row, before, happened: { ...happened, event }, change }, nowMs));
  return change;
}

async function store(
  tx: EntityManager,
  of: RolloutOfAssignment,
  changed: {
    readonly row: LockedAssignment;
    readonly before: Assignment;
    readonly happened: EventOfDevice;
    readonly change: Extract<AssignmentChange, { outcome: 'changed' }>;
  },
  nowMs: number,
): Promise<void> {
  const { row, before, happened, change } = changed;
  const { device, event, words } = happened;
  const { assignment, entry } = change;
  const { wave } = assignment;
  await saveChange(tx, row, assignment, entry, words);
  if (before.state !== assignment.state || before.reason !== assignment.reason) {
    await addCounts(tx, of.id, [
      { ...countedAs(before), wave, devices: -1 },
      { ...countedAs(assignment), wave, devices: 1 },
    ]);
  }
  const effects = [...change.effects, ...shownAnew(of, before, change)];
  const told = await carryOutEffects(tx, of, { assignment, effects }, nowMs);
  const word = firmwareWordOf(event, before.actionId, before, assignment);
  if (word !== undefined) {
    await hearFirmware(tx, of, { device, word, attempt: before.attempt, isLate: false }, nowMs);
  }
  await writeToOutbox(tx, [...told, assignmentChanged(entry, { tenant: of.tenant, rollout: of.rollout, wave })]);
}

/** A device that has begun is shown on what it is at when its window closes; without windows nobody needs to know. */
function shownAnew(
  { windows }: RolloutOfAssignment,
  before: Assignment,
  { assignment, effects }: { readonly assignment: Assignment; readonly effects: readonly AssignmentEffect[] },
): readonly AssignmentEffect[] {
  const hasBegun = isWorking(assignment.state) && begunOf(assignment.state) !== begunOf(before.state);
  return windows !== undefined && hasBegun && !effects.includes('show-deployment') ? ['show-deployment'] : [];
}

/** An offer that the device has to agree to, unless it always does. */
async function asked(
  tx: EntityManager,
  of: RolloutOfAssignment,
  { device, event }: EventOfDevice,
): Promise<AssignmentEvent> {
  if (event.kind !== 'offer' || of.needsConfirmation !== true) return event;
  const { autoConfirm } = await lockConfirmation(tx, { tenant: of.tenant, device });
  return autoConfirm === undefined ? { ...event, needsConfirmation: true } : event;
}

/** Recorded only where something is learnt: a word that is repeated grows no history. */
async function hearLate(
  tx: EntityManager,
  of: RolloutOfAssignment,
  heard: { readonly row: LockedAssignment; readonly before: Assignment; readonly happened: EventOfDevice },
  nowMs: number,
): Promise<void> {
  const { row, before, happened } = heard;
  const { device, event, words, ofAction: action = before.actionId } = happened;
  const word = firmwareWordOf(event, action, before);
  if (word === undefined || action === undefined || event.kind !== 'report') return;
  const attempt = action === before.actionId ? before.attempt : await attemptOf(tx, of.id, device, action);
  const told = await hearFirmware(tx, of, { device, word, attempt, isLate: true }, nowMs);
  if (told === undefined) return;
  const { assignment, entry } = lateWord(before, { report: event.report, actionId: action, attempt }, nowMs);
  await saveChange(tx, row, assignment, entry, words);
  const names = { tenant: of.tenant, rollout: of.rollout, wave: before.wave };
  await writeToOutbox(tx, [...told, assignmentChanged(entry, names)]);
}

function countedAs({ state, reason }: Assignment) {
  return { state, ...(reason === undefined ? {} : { reason }) };
}
