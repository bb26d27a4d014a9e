import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import { findDueBlobs, forgetBlob, noteBlob } from '../../persistence/artifact-blobs.repository.js';
import {
  deleteIdleArtifact,
  findIdleArtifacts,
  isDigestKept,
  lockDigest,
} from '../../persistence/artifacts.repository.js';

const atOnce = 100;

/**
 * Removes artifacts that nobody has referred to for the time of grace: the row, and in the same transaction a note of the blob.
 * Whether it should be called again at once.
 */
export async function collectArtifacts(firmware: Firmware, graceMs: number): Promise<boolean> {
  const now = new Date(firmware.clock.nowMs());
  const before = new Date(now.getTime() - graceMs);
  const idle = await firmware.read((db) => findIdleArtifacts(db, before, atOnce));
  for (const { tenant, sha256 } of idle) {
    await firmware.change(async (tx) => {
      await lockDigest(tx, sha256);
      if (await deleteIdleArtifact(tx, tenant, sha256, before)) await noteBlob(tx, sha256, now);
    });
  }
  return idle.length === atOnce;
}

/**
 * Deletes blobs that are noted, unless an artifact of any tenant has them again. Whoever is about to need one waits for the lock,
 * and then finds it gone. Whether it should be called again at once.
 */
export async function collectBlobs(firmware: Firmware, { store }: Pick<Artifacts, 'store'>): Promise<boolean> {
  const due = await firmware.read((db) => findDueBlobs(db, new Date(firmware.clock.nowMs()), atOnce));
  for (const sha256 of due) {
    await firmware.change(async (tx) => {
      await lockDigest(tx, sha256);
      if (!(await isDigestKept(tx, sha256))) await store.delete(sha256);
      await forgetBlob(tx, sha256);
    });
  }
  return due.length === atOnce;
}
