import type { EntityManager } from 'typeorm';
import type { AssignmentEvent } from '../domain/assignments/change-assignment.js';
import { type DeviceWords, countEntries, findAction } from '../persistence/assignments.repository.js';
import { findRolloutById } from '../persistence/rollouts.repository.js';
import { applyEvent } from './apply-event.js';
import { rolloutOfAssignment } from './carry-out-effects.js';
import { type RecordedReport, maxEntriesPerAction } from './record-report.js';

export interface ConfirmationOfDevice {
  readonly tenant: string;
  readonly device: string;
  readonly actionId: number;
  /** False: not for now; it is asked on. */
  readonly isConfirmed: boolean;
  readonly words: DeviceWords;
}

/** What a device, or whoever stands before it, says to an action that waits for it. The same again changes nothing. @throws PersistenceError */
export async function recordConfirmation(
  tx: EntityManager,
  said: ConfirmationOfDevice,
  nowMs: number,
): Promise<RecordedReport> {
  const { tenant, device, actionId, isConfirmed, words } = said;
  const action = await findAction(tx, tenant, device, actionId);
  const record = action && (await findRolloutById(tx, action.rolloutId));
  if (record === undefined) return { outcome: 'unknown' };
  const { id, settings } = record.rollout;
  if (!isConfirmed && (await countEntries(tx, id, device, actionId)) >= maxEntriesPerAction)
    return { outcome: 'too-many' };
  const event: AssignmentEvent = isConfirmed ? { kind: 'confirm', timeoutMs: settings.timeoutMs } : { kind: 'deny' };
  const of = rolloutOfAssignment(record);
  return (await applyEvent(tx, of, { device, event, words, ofAction: actionId }, nowMs)) ?? { outcome: 'unknown' };
}
