import { uploadProblems } from '../../artifacts/artifact.problems.js';
import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Digests } from '../../artifacts/digests.js';
import type { Firmware } from '../../firmware.js';
import { forgetBlob, noteBlob } from '../../persistence/artifact-blobs.repository.js';
import { type UploadRow, completeUpload, deleteUpload } from '../../persistence/artifact-uploads.repository.js';
import { type ArtifactRow, findArtifact, keepArtifact, lockDigest } from '../../persistence/artifacts.repository.js';

/** So long a blob without an artifact is left alone: the store may take its time for a large one. */
const strayBlobMs = 86_400_000;

/**
 * Makes the artifact of a spooled file that is complete: noted as a blob that may be left behind, then in the store, then its row.
 * Where it dies in between, the next request does the rest, or the blob is collected.
 * @throws Problem 422 digest-mismatch: the upload is gone; 423 artifact-upload-taken-over
 * @throws ArtifactStoreError
 */
export async function completeArtifact(
  firmware: Firmware,
  { store, spool, writers }: Artifacts,
  upload: UploadRow,
  digests: Digests,
): Promise<ArtifactRow> {
  const { tenant, id, fileName, createdBy, length: size, expectedSha256 } = upload;
  const { sha256 } = digests;
  if (expectedSha256 !== null && expectedSha256 !== sha256) {
    await firmware.change((tx) => deleteUpload(tx, tenant, id));
    await spool.remove(id);
    throw uploadProblems.digest(expectedSha256, sha256);
  }
  const spooled = { path: spool.pathOf(id), sha256, size };
  const now = firmware.clock.nowMs();
  await firmware.change((tx) => noteBlob(tx, sha256, new Date(now + strayBlobMs)));
  await store.put(spooled);
  const artifact = await firmware.change(async (tx) => {
    await lockDigest(tx, sha256);
    // Its blob may have been collected since it was put: then it is put once more, and now nobody can.
    if ((await store.stat(sha256)) === undefined) await store.put(spooled);
    if (!(await completeUpload(tx, upload, writers.holder, sha256))) throw uploadProblems.takenOver();
    await keepArtifact(tx, { ...digests, tenant, size, fileName, createdBy, createdAt: new Date(now) });
    await forgetBlob(tx, sha256);
    return findArtifact(tx, tenant, sha256);
  });
  await spool.remove(id);
  if (artifact === null) throw new Error('an artifact vanished inside the transaction that made it');
  return artifact;
}
