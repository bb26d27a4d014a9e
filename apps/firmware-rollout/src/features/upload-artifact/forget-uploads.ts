import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import { forgetUploads, liveUploads } from '../../persistence/artifact-uploads.repository.js';

/** An upload that has expired is told of (410) for as long, then it never was (404). */
const toldMs = 86_400_000;
/** Whatever is younger may be about to be written to. */
const quietMs = 1_000;
const atOnce = 1_000;

/** Removes spooled files of uploads that are over, and forgets these later. Whether it should be called again at once. */
export async function forgetOverUploads(firmware: Firmware, { spool }: Artifacts): Promise<boolean> {
  const now = new Date(firmware.clock.nowMs());
  const quiet = await spool.quietSince(Date.now() - quietMs);
  for (let from = 0; from < quiet.length; from += atOnce) {
    const ids = quiet.slice(from, from + atOnce);
    const live = await firmware.read((db) => liveUploads(db, ids, now));
    for (const id of ids) if (!live.has(id)) await spool.remove(id);
  }
  const before = new Date(now.getTime() - toldMs);
  const forgotten = await firmware.change((tx) => forgetUploads(tx, before, atOnce));
  return forgotten === atOnce;
}
