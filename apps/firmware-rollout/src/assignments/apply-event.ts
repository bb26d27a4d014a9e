import { writeToOutbox } from '@myelin/outbox';
import type { EntityManager } from 'typeorm';
import {
  type AssignmentChange,
  type AssignmentEvent,
  changeAssignment,
} from '../domain/assignments/change-assignment.js';
import { addCounts } from '../persistence/assignment-counts.repository.js';
import { type DeviceWords, assignmentOf, lockAssignment, saveChange } from '../persistence/assignments.repository.js';
import { assignmentChanged } from '../publication/assignment-changed.js';
import { type RolloutOfAssignment, carryOutEffects } from './carry-out-effects.js';

export interface EventOfDevice {
  readonly device: string;
  readonly event: AssignmentEvent;
  readonly words?: DeviceWords;
  /** The attempt that it is about: of an earlier one it changes nothing. */
  readonly ofAction?: number;
}

/**
 * One event of an assignment: its state, its history, the counts and what is published change together, or nothing does. For one
 * that is not there undefined. @throws PersistenceError
 */
export async function applyEvent(
  tx: EntityManager,
  of: RolloutOfAssignment,
  { device, event, words, ofAction }: EventOfDevice,
  nowMs: number,
): Promise<AssignmentChange | undefined> {
  const row = await lockAssignment(tx, of.id, device);
  if (row === undefined) return undefined;
  const before = assignmentOf(row);
  if (ofAction !== undefined && ofAction !== before.actionId) return { outcome: 'refused', refusal: 'gone' };
  const change = changeAssignment(before, event, nowMs);
  if (change.outcome !== 'changed') return change;
  const { assignment, entry } = change;
  const { wave } = assignment;
  await saveChange(tx, row, assignment, entry, words);
  if (before.state !== assignment.state || before.reason !== assignment.reason) {
    await addCounts(tx, of.id, [
      { ...countedAs(before), wave, devices: -1 },
      { ...countedAs(assignment), wave, devices: 1 },
    ]);
  }
  const told = await carryOutEffects(tx, of, change, nowMs);
  await writeToOutbox(tx, [...told, assignmentChanged(entry, { tenant: of.tenant, rollout: of.rollout, wave })]);
  return change;
}

function countedAs({ state, reason }: ReturnType<typeof assignmentOf>) {
  return { state, ...(reason === undefined ? {} : { reason }) };
}
