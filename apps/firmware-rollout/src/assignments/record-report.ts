import type { EntityManager } from 'typeorm';
import type { AssignmentChange } from '../domain/assignments/change-assignment.js';
import type { DeviceReport } from '../domain/assignments/device-report.js';
import { type DeviceWords, countEntries, findAction } from '../persistence/assignments.repository.js';
import { findRolloutById } from '../persistence/rollouts.repository.js';
import { applyEvent } from './apply-event.js';
import { rolloutOfAssignment } from './carry-out-effects.js';

/** What is kept of one action at most, beside that it has ended. */
export const maxEntriesPerAction = 1_000;

/** However much a device has said, these are taken: without them it would be at work for ever. */
const lastWords: readonly DeviceReport['kind'][] = ['succeeded', 'failed', 'cancelled'];

export interface ReportOfDevice {
  readonly tenant: string;
  readonly device: string;
  readonly actionId: number;
  readonly about: 'deployment' | 'cancel';
  readonly report: DeviceReport;
  readonly words?: DeviceWords;
}

/** `unknown`: the device was never offered that action. `too-many`: it has said all that is kept of one, but that it has ended. */
export type RecordedReport = AssignmentChange | { readonly outcome: 'unknown' | 'too-many' };

/**
 * What a device says of an action: recorded with all that follows from it, or refused, with nothing changed. The same closing
 * report again changes nothing either. @throws PersistenceError
 */
export async function recordReport(tx: EntityManager, said: ReportOfDevice, nowMs: number): Promise<RecordedReport> {
  const { tenant, device, actionId, about, report, words } = said;
  const action = await findAction(tx, tenant, device, actionId);
  const record = action && (await findRolloutById(tx, action.rolloutId));
  if (record === undefined) return { outcome: 'unknown' };
  const isLast = lastWords.includes(report.kind);
  if (!isLast && (await countEntries(tx, record.rollout.id, device, actionId)) >= maxEntriesPerAction)
    return { outcome: 'too-many' };
  const { timeoutMs } = record.rollout.settings;
  const event = { kind: 'report', report: report.kind, about, timeoutMs } as const;
  const change = await applyEvent(
    tx,
    rolloutOfAssignment(record),
    { device, event, ofAction: actionId, ...(words === undefined ? {} : { words }) },
    nowMs,
  );
  return change ?? { outcome: 'unknown' };
}
