import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import { deleteUpload } from '../../persistence/artifact-uploads.repository.js';
import { problems } from '../../problems.js';
import { usableUpload } from './find-upload.js';
import { withHeldUpload } from './held-upload.js';

/** What has come of it is discarded; an artifact that it has become stays. @throws Problem 404, 410, 423 artifact-upload-busy */
export async function endUpload(firmware: Firmware, artifacts: Artifacts, tenant: string, id: string): Promise<void> {
  const upload = await usableUpload(firmware, tenant, id);
  await withHeldUpload(firmware, artifacts, upload, async () => {
    const existed = await firmware.change((tx) => deleteUpload(tx, tenant, id));
    if (!existed) throw problems.notFound('artifact-upload');
    await artifacts.spool.remove(id);
  });
}
