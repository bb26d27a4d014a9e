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

/** A rollout, by what it is called inside and outside. */
export interface RolloutNames {
  readonly id: string;
  readonly tenant: string;
  /** The slug. */
  readonly rollout: string;
}

export interface EventOfDevice {
  readonly device: string;
  readonly event: AssignmentEvent;
  readonly words?: DeviceWords;
}

/**
 * One event of an assignment: its state, its history, the counts and what is published change together, or nothing does. For one
 * that is not there undefined. @throws PersistenceError
 */
export async function applyEvent(
  tx: EntityManager,
  { id, tenant, rollout }: RolloutNames,
  { device, event, words }: EventOfDevice,
  nowMs: number,
): Promise<AssignmentChange | undefined> {
  const row = await lockAssignment(tx, id, device);
  if (row === undefined) return undefined;
  const before = assignmentOf(row);
  const change = changeAssignment(before, event, nowMs);
  if (change.outcome !== 'changed') return change;
  const { assignment, entry } = change;
  const { wave } = assignment;
  await saveChange(tx, row, assignment, entry, words);
  if (before.state !== assignment.state || before.reason !== assignment.reason) {
    await addCounts(tx, id, [
      { ...countedAs(before), wave, devices: -1 },
      { ...countedAs(assignment), wave, devices: 1 },
    ]);
  }
  await writeToOutbox(tx, [assignmentChanged(entry, { tenant, rollout, wave })]);
  return change;
}

function countedAs({ state, reason }: ReturnType<typeof assignmentOf>) {
  return { state, ...(reason === undefined ? {} : { reason }) };
}
