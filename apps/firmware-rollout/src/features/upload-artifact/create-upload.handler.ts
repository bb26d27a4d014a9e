import { uuidv7 } from '@myelin/kernel';
import { type Operator, actorOf } from '@myelin/service-kit';
import { uploadProblems } from '../../artifacts/artifact.problems.js';
import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import {
  type UploadRow,
  insertUpload,
  lockUploads,
  openUploads,
} from '../../persistence/artifact-uploads.repository.js';
import { bytesOfArtifacts } from '../../persistence/artifacts.repository.js';
import type { NewUpload } from './tus-headers.js';

/** @throws Problem 413 artifact-too-large, 409 artifact-upload-limit, 409 artifact-bytes-limit */
export function createUpload(
  firmware: Firmware,
  { config }: Artifacts,
  operator: Operator,
  { length, fileName, sha256 }: NewUpload,
): Promise<UploadRow> {
  const { tenant } = operator;
  if (length > config.artifactMaxBytes) throw uploadProblems.tooLarge(config.artifactMaxBytes);
  const nowMs = firmware.clock.nowMs();
  return firmware.change(async (tx) => {
    await lockUploads(tx, tenant);
    const open = await openUploads(tx, tenant, new Date(nowMs));
    if (open.count >= config.artifactOpenUploads) throw uploadProblems.openUploads(config.artifactOpenUploads);
    const bytes = open.bytes + (await bytesOfArtifacts(tx, tenant)) + length;
    if (bytes > config.artifactTenantBytes) throw uploadProblems.tenantBytes(config.artifactTenantBytes);
    const upload: UploadRow = {
      ...{ tenant, id: uuidv7(nowMs), fileName, length, expectedSha256: sha256 ?? null, sha256: null },
      ...{ createdAt: new Date(nowMs), createdBy: actorOf(operator) },
      expiresAt: new Date(nowMs + config.artifactUploadExpiryMs),
    };
    await insertUpload(tx, upload);
    return upload;
  });
}
