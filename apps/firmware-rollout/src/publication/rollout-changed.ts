import { rolloutChangedV1 } from '@myelin/contracts';
import { uuidOfName } from '@myelin/kernel';
import { type EncodedRecord, encodeEvent } from '@myelin/messaging';
import type { RolloutEntry } from '../domain/rollouts/change-rollout.js';
import { publisherSource } from '../identity.js';

/** @param of the names that the entry stands under, for those outside */
export function rolloutChanged(
  entry: RolloutEntry,
  of: { readonly tenant: string; readonly rollout: string; readonly release: string },
): EncodedRecord {
  const { version, kind, from, to, wave, reason, detail, by, atMs } = entry;
  const payload = {
    ...{ tenant: of.tenant, rollout: of.rollout, release: of.release, version, kind, from, to },
    ...(wave === undefined ? {} : { wave }),
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
    ...(by === undefined ? {} : { actor: by }),
    at: new Date(atMs).toISOString(),
  };
  const event = { contract: rolloutChangedV1, key: `${of.tenant}/${of.rollout}`, payload, timeMs: atMs };
  return encodeEvent({ ...event, id: uuidOfName(`${entry.rollout}\n${version}`) }, publisherSource);
}
