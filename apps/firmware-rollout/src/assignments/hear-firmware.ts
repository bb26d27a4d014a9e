import type { EncodedRecord } from '@myelin/messaging';
import type { EntityManager } from 'typeorm';
import { type FirmwareWord, type KnownFirmware, learn } from '../domain/assignments/known-firmware.js';
import { setInstalledAction } from '../persistence/device-updates.repository.js';
import { endInstallation } from '../persistence/installations.repository.js';
import {
  type NamedFirmware,
  type StoredFirmware,
  lockFirmware,
  saveFirmware,
} from '../persistence/known-firmware.repository.js';
import { installationState, updateState } from '../publication/device-states.js';
import { type RolloutOfAssignment, installationOf } from './carry-out-effects.js';

export interface HeardWord {
  readonly device: string;
  readonly word: FirmwareWord;
  /** Of the action that the word is about. */
  readonly attempt: number;
  /** The action was over, so that no change of its assignment tells of it. */
  readonly isLate: boolean;
}

/** What a word says of what the device runs, stored. @returns what is to be published; undefined: nothing is new */
export async function hearFirmware(
  tx: EntityManager,
  of: RolloutOfAssignment,
  { device, word, attempt, isLate }: HeardWord,
  nowMs: number,
): Promise<EncodedRecord[] | undefined> {
  const { tenant, release } = of;
  const ofDevice = { tenant, device };
  const stored = await lockFirmware(tx, ofDevice);
  const known = learn(stored.known, word);
  if (known === stored.known) return undefined;
  const now = new Date(nowMs);
  const installation = installationOf(of, device, attempt);
  const running = runningAfter(of, stored, known);
  await saveFirmware(tx, ofDevice, { known, running }, { installation, firmware: release, at: now });
  if (!isLate || (known.action === stored.known.action && known.isForgotten === stored.known.isForgotten)) return [];
  const installed = known.isForgotten ? null : (known.action ?? null);
  const update = updateState(await setInstalledAction(tx, ofDevice, installed), nowMs);
  // Of one that lasts it goes on being told.
  if (stored.isInstalling(installation)) return [update];
  const state = word.kind === 'runs' ? ('installed' as const) : ('failed' as const);
  const times = { startedAt: now, expectedUntil: now, endedAt: now };
  const ended = await endInstallation(tx, { ...ofDevice, installation, firmware: release, state, ...times });
  return [update, installationState(ended, nowMs)];
}

function runningAfter(
  { release, releaseVersion }: RolloutOfAssignment,
  stored: StoredFirmware,
  known: KnownFirmware,
): NamedFirmware | undefined {
  if (known.isForgotten) return undefined;
  return known.action === stored.known.action ? stored.running : { release, version: releaseVersion };
}
