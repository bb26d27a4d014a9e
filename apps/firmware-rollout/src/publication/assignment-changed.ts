import { assignmentChangedV1 } from '@myelin/contracts';
import { uuidOfName } from '@myelin/kernel';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { AssignmentState } from '../domain/assignments/assignment.js';
import type { AssignmentEntry } from '../domain/assignments/change-assignment.js';
import { publisherSource } from '../identity.js';

/** A change of an assignment; `join`: it is there because its device came later. */
type ToldEntry = Omit<AssignmentEntry, 'kind'> & { readonly kind: AssignmentEntry['kind'] | 'join' };

/** @param of the names that the entry stands under, for those outside */
export function assignmentChanged(
  entry: ToldEntry,
  of: { readonly tenant: string; readonly rollout: string; readonly wave: number },
): EncodedRecord {
  const { device, attempt, actionId, version, kind, report, from, to, reason, atMs, by } = entry;
  const payload = {
    ...{ tenant: of.tenant, device, rollout: of.rollout, wave: of.wave, attempt },
    ...(actionId === undefined ? {} : { action: actionId }),
    ...{ version, kind, from: told(from), to: told(to) },
    ...(report === undefined ? {} : { report }),
    ...(reason === undefined ? {} : { reason }),
    ...(by === undefined ? {} : { actor: by }),
    ...(to === 'unconfirmed' ? { unconfirmed: true } : {}),
    at: new Date(atMs).toISOString(),
  };
  const event = { contract: assignmentChangedV1, key: `${of.tenant}/${device}`, payload, timeMs: atMs };
  return encodeEvent({ ...event, id: uuidOfName(`${entry.rollout}\n${device}\n${version}`) }, publisherSource);
}

/** Version 1 of the contract has no word for what waits for the device to agree: it is offered, with a member that says so. */
function told(state: AssignmentState): Exclude<AssignmentState, 'unconfirmed'> {
  return state === 'unconfirmed' ? 'offered' : state;
}
