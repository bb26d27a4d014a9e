import type { EntityManager } from 'typeorm';
import { OpenWindows } from '../../ddi/open-windows.js';
import { begunOf } from '../../domain/assignments/assignment.js';
import type { ActionHistory } from '../../ddi/deployment-answer.js';
import {
  type AssignmentOfAction,
  findAssignmentOfAction,
  findWords,
} from '../../persistence/assignments.repository.js';
import type { AdmittedDevice } from './admit-device.js';
import { type OfferedRelease, offeredRelease } from './offered-release.js';
import type { ToldDevice } from './update-table.js';

/** An action as it is now, with what it is about. */
export type ToldAction = AssignmentOfAction & { readonly release: OfferedRelease };

/** Undefined for one that is not the device's, and for one that another attempt took the place of. */
export async function findTold(
  db: EntityManager,
  { tenant, device }: AdmittedDevice,
  actionId: number,
): Promise<ToldAction | undefined> {
  const found = await findAssignmentOfAction(db, { tenant, device, actionId });
  const release = found && (await offeredRelease(db, { tenant, device, actionId }));
  return release === undefined ? undefined : { ...(found as AssignmentOfAction), release };
}

/** @param length how many messages; 0 = it was not asked for */
export async function historyOf(
  db: EntityManager,
  found: AssignmentOfAction,
  length: number,
): Promise<ActionHistory | undefined> {
  if (length === 0) return undefined;
  return { status: statusOf(found.state), messages: await findWords(db, found, length) };
}

export type ToldMode = Pick<ToldDevice, 'isForced' | 'isDownloadOnly' | 'forcedFromMs' | 'windows' | 'begun'>;

/** The table may lag behind what is stored: what the device is shown is as stored. */
export function modeOf({ mode, state, windows }: AssignmentOfAction): ToldMode {
  return {
    ...{ windows: windows && new OpenWindows(windows), begun: begunOf(state) },
    ...{ isForced: mode.kind === 'forced', isDownloadOnly: mode.kind === 'download-only' },
    forcedFromMs: mode.kind === 'time-forced' ? mode.forcedFromMs : undefined,
  };
}

/** hawkBit's names of what an action is. */
function statusOf(state: AssignmentOfAction['state']): string {
  switch (state) {
    case 'planned':
      return 'SCHEDULED';
    case 'unconfirmed':
      return 'WAIT_FOR_CONFIRMATION';
    case 'offered':
    case 'installing':
      return 'RUNNING';
    case 'retrieved':
      return 'RETRIEVED';
    case 'downloading':
      return 'DOWNLOAD';
    case 'downloaded':
      return 'DOWNLOADED';
    case 'cancelling':
      return 'CANCELING';
    case 'succeeded':
      return 'FINISHED';
    case 'failed':
      return 'ERROR';
    case 'cancelled':
    case 'skipped':
      return 'CANCELED';
  }
}
