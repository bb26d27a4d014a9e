import { writeToOutbox } from '@myelin/outbox';
import type { EncodedRecord } from '@myelin/messaging';
import { context } from '@opentelemetry/api';
import type { EntityManager } from 'typeorm';
import { traceStepOfAssignment } from '../assignments/assignment-span.js';
import { type RolloutOfAssignment, carryOutEffects } from '../assignments/carry-out-effects.js';
import { hearFirmware } from '../assignments/hear-firmware.js';
import type { Assignment } from '../domain/assignments/assignment.js';
import {
  type AssignmentChange,
  type AssignmentEvent,
  changeAssignment,
} from '../domain/assignments/change-assignment.js';
import { firmwareWordOf } from '../domain/assignments/known-firmware.js';
import { tallyKeyOf } from '../domain/rollouts/tally.js';
import { type AssignmentCount, addCounts } from '../persistence/assignment-counts.repository.js';
import { lockConfirmation } from '../persistence/confirmations.repository.js';
import { lockAssignments, saveChanges } from '../persistence/rollout-changes.repository.js';
import { assignmentChanged } from '../publication/assignment-changed.js';

/** What the engine, not a device, does to an assignment. */
export type EngineEvent = Exclude<AssignmentEvent, { readonly kind: 'report' | 'confirm' | 'deny' }>;

interface Changed {
  readonly ctid: string;
  readonly before: Assignment;
  readonly event: AssignmentEvent;
  readonly change: Extract<AssignmentChange, { outcome: 'changed' }>;
}

/**
 * `applyEvent` for an event each of many devices of one rollout, with the same outcome and a few statements for all of them; those of
 * whom something is shown or published need one more each. What changes nothing, or is not there, is passed over.
 * @param events by device. @throws PersistenceError
 */
export async function applyEvents(
  tx: EntityManager,
  of: RolloutOfAssignment,
  events: ReadonlyMap<string, EngineEvent>,
  nowMs: number,
): Promise<void> {
  const changed: Changed[] = [];
  for (const { assignment: before, ctid } of await lockAssignments(tx, of.id, [...events.keys()])) {
    const event = await asked(tx, of, before.device, events.get(before.device) as EngineEvent);
    const change = changeAssignment(before, event, nowMs);
    if (change.outcome === 'changed') changed.push({ ctid, before, event, change });
  }
  if (changed.length === 0) return;
  await saveChanges(
    tx,
    of,
    changed.map(({ ctid, change: { assignment, entry } }) => ({ ctid, assignment, entry })),
  );
  await addCounts(tx, of.id, countsOf(changed));
  const records: EncodedRecord[] = [];
  for (const each of changed) {
    const { entry, assignment } = each.change;
    await context.with(traceStepOfAssignment(tx, of, assignment), async () => {
      records.push(...(await carryOutEffects(tx, of, each.change, nowMs)));
      await hear(tx, of, each, nowMs);
      records.push(assignmentChanged(entry, { tenant: of.tenant, rollout: of.rollout, wave: assignment.wave }));
    });
  }
  await writeToOutbox(tx, records);
}

/** An offer that the device has to agree to, unless it always does. */
async function asked(
  tx: EntityManager,
  of: RolloutOfAssignment,
  device: string,
  event: EngineEvent,
): Promise<AssignmentEvent> {
  if (event.kind !== 'offer' || of.needsConfirmation !== true) return event;
  const { autoConfirm } = await lockConfirmation(tx, { tenant: of.tenant, device });
  return autoConfirm === undefined ? { ...event, needsConfirmation: true } : event;
}

async function hear(
  tx: EntityManager,
  of: RolloutOfAssignment,
  { before, event, change }: Changed,
  nowMs: number,
): Promise<void> {
  const word = firmwareWordOf(event, before.actionId, before, change.assignment);
  if (word === undefined) return;
  await hearFirmware(tx, of, { device: before.device, word, attempt: before.attempt, isLate: false }, nowMs);
}

/** What came to be so and what ceased to, each once. */
function countsOf(changed: readonly Changed[]): AssignmentCount[] {
  const counts = new Map<string, AssignmentCount>();
  const add = ({ wave, state, reason }: Assignment, devices: number): void => {
    const key = `${wave} ${tallyKeyOf(reason === undefined ? { state } : { state, reason })}`;
    const sum = (counts.get(key)?.devices ?? 0) + devices;
    counts.set(key, { wave, state, ...(reason === undefined ? {} : { reason }), devices: sum });
  };
  for (const { before, change } of changed) {
    add(before, -1);
    add(change.assignment, 1);
  }
  return [...counts.values()].filter(({ devices }) => devices !== 0);
}
