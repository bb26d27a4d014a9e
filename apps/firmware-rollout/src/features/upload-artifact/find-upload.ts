import { uploadProblems } from '../../artifacts/artifact.problems.js';
import type { Firmware } from '../../firmware.js';
import { type UploadRow, findUpload } from '../../persistence/artifact-uploads.repository.js';
import { problems } from '../../problems.js';

/** @throws Problem 404 artifact-upload-not-found, 410 artifact-upload-expired */
export async function usableUpload(firmware: Firmware, tenant: string, id: string): Promise<UploadRow> {
  const upload = await firmware.read((db) => findUpload(db, tenant, id));
  if (upload === null) throw problems.notFound('artifact-upload');
  if (upload.expiresAt.getTime() <= firmware.clock.nowMs()) throw uploadProblems.expired();
  return upload;
}
