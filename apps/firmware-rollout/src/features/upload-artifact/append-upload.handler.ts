import type { Readable } from 'node:stream';
import { storeProblem, uploadProblems } from '../../artifacts/artifact.problems.js';
import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import type { UploadRow } from '../../persistence/artifact-uploads.repository.js';
import { type ArtifactRow, findArtifact } from '../../persistence/artifacts.repository.js';
import { completeArtifact } from './complete-artifact.js';
import { usableUpload } from './find-upload.js';
import { withHeldUpload } from './held-upload.js';
import { receiveBody, receiveNothing } from './receive-body.js';

/** How far an upload is. */
export interface UploadProgress {
  readonly upload: UploadRow;
  /** Bytes that are on the disk. */
  readonly offset: number;
  /** What it has become; null: it is not complete, or the artifact has been collected. */
  readonly artifact: ArtifactRow | null;
}

/**
 * Goes on with an upload, and makes it an artifact when it is complete.
 * @throws Problem 404, 409 upload-offset-mismatch, 410, 422 digest-mismatch, 423, 507 artifact-store-full, and those of {@link receiveBody}
 */
export async function appendToUpload(
  firmware: Firmware,
  artifacts: Artifacts,
  { tenant, id }: { readonly tenant: string; readonly id: string },
  { offset, body }: { readonly offset: number; readonly body: Readable },
): Promise<UploadProgress> {
  const upload = await usableUpload(firmware, tenant, id);
  const limits = { length: upload.length, idleMs: artifacts.config.artifactUploadIdleMs };
  const toComplete = async (completed: UploadRow): Promise<UploadProgress> => {
    if (offset !== completed.length) throw uploadProblems.offset(completed.length);
    await receiveNothing(body, limits);
    return complete(firmware, completed);
  };
  if (upload.sha256 !== null) return toComplete(upload);
  const toFile: FileWork = async (file, ending) => {
    if (file.size !== offset) throw uploadProblems.offset(file.size);
    await receiveBody(file, body, limits, ending);
  };
  return withFile(firmware, artifacts, upload, { toFile, toComplete });
}

/**
 * How far it is. A request that is writing to it ends: whoever asks is about to go on. One that has all its bytes and is not an
 * artifact yet (the store was full, a process died) becomes it now: a client believes to be done when the offset is the length.
 * @throws Problem 404, 410, 422 digest-mismatch, 423, 507 artifact-store-full
 */
export async function findProgress(
  firmware: Firmware,
  artifacts: Artifacts,
  tenant: string,
  id: string,
): Promise<UploadProgress> {
  const upload = await usableUpload(firmware, tenant, id);
  const toComplete = (completed: UploadRow): Promise<UploadProgress> => complete(firmware, completed);
  if (upload.sha256 !== null) return toComplete(upload);
  const offset = await artifacts.writers.alone(id, () => artifacts.spool.offsetOf(id));
  if (offset < upload.length) return { upload, offset, artifact: null };
  return withFile(firmware, artifacts, upload, { toFile: async () => undefined, toComplete });
}

type FileWork = (file: Awaited<ReturnType<Artifacts['spool']['resume']>>, ending: AbortSignal) => Promise<void>;

async function withFile(
  firmware: Firmware,
  artifacts: Artifacts,
  upload: UploadRow,
  {
    toFile,
    toComplete,
  }: { readonly toFile: FileWork; readonly toComplete: (upload: UploadRow) => Promise<UploadProgress> },
): Promise<UploadProgress> {
  const { spool } = artifacts;
  try {
    return await withHeldUpload(firmware, artifacts, upload, async (ending) => {
      // Whoever had it until now may have completed it: its file is gone, and another one would begin from nothing.
      const held = await usableUpload(firmware, upload.tenant, upload.id);
      if (held.sha256 !== null) return toComplete(held);
      const file = await spool.resume(upload.id);
      try {
        await toFile(file, ending);
      } finally {
        await spool.rest(upload.id, file);
      }
      const { size: offset, digests } = file;
      const kept = { ...upload, expiresAt: new Date(firmware.clock.nowMs() + artifacts.config.artifactUploadExpiryMs) };
      if (offset < upload.length) return { upload: kept, offset, artifact: null };
      const artifact = await completeArtifact(firmware, artifacts, upload, digests.digests());
      return { upload: kept, offset, artifact };
    });
  } catch (error) {
    throw storeProblem(error);
  }
}

async function complete(firmware: Firmware, upload: UploadRow): Promise<UploadProgress> {
  const { tenant, sha256, length: offset } = upload;
  const artifact = await firmware.read((db) => findArtifact(db, tenant, sha256 ?? ''));
  return { upload, offset, artifact };
}
