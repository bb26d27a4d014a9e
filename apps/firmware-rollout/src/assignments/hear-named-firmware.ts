import { uuidv7 } from '@myelin/kernel';
import { writeToOutbox } from '@myelin/outbox';
import type { EntityManager } from 'typeorm';
import { learnByName } from '../domain/assignments/known-firmware.js';
import { setInstalledAction } from '../persistence/device-updates.repository.js';
import { latestEndedAction, lockFirmware, saveFirmware } from '../persistence/known-firmware.repository.js';
import { findRelease } from '../persistence/releases.repository.js';
import { updateState } from '../publication/device-states.js';

export interface NamedWord {
  readonly tenant: string;
  readonly device: string;
  /** Slug of a release. */
  readonly name: string;
  readonly version: string;
}

/**
 * That a device runs a release, by its own word: whatever was known or in doubt before. `unknown`: the tenant has published no such
 * release, and nothing changes. @throws PersistenceError
 */
export async function hearNamedFirmware(
  tx: EntityManager,
  { tenant, device, name, version }: NamedWord,
  nowMs: number,
): Promise<'unknown' | 'known' | 'new'> {
  const release = await findRelease(tx, tenant, name);
  if (release === null || release.state === 'draft' || release.definition.version !== version) return 'unknown';
  const ofDevice = { tenant, device };
  const { known, running } = await lockFirmware(tx, ofDevice);
  const isSame = running?.release === name && running.version === version;
  if (isSame && known.doubted === undefined) return 'known';
  const learnt = learnByName(known, await latestEndedAction(tx, ofDevice));
  const placeholder = { installation: uuidv7(nowMs), firmware: name, at: new Date(nowMs) };
  await saveFirmware(tx, ofDevice, { known: learnt, running: { release: name, version } }, placeholder);
  // The action that succeeded last brought something else.
  if (!isSame) await writeToOutbox(tx, [updateState(await setInstalledAction(tx, ofDevice, null), nowMs)]);
  return 'new';
}
