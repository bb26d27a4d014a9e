import type { Firmware } from '../../firmware.js';
import { foldCounts, rolloutsToFold } from '../../persistence/assignment-counts.repository.js';

/** Reading as many is no work. */
const foldedAbove = 500;
const rolloutsAtOnce = 20;

/** Keeps reading counts cheap while devices report. @returns whether there may be more to do at once */
export async function foldAllCounts(firmware: Firmware): Promise<boolean> {
  const ids = await firmware.read((db) => rolloutsToFold(db, foldedAbove, rolloutsAtOnce));
  for (const id of ids) await firmware.change((tx) => foldCounts(tx, id));
  return ids.length === rolloutsAtOnce;
}
