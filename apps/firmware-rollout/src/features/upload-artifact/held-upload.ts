import { setInterval } from 'node:timers';
import { uploadProblems } from '../../artifacts/artifact.problems.js';
import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Firmware } from '../../firmware.js';
import { type UploadRow, holdUpload, letGoOfUpload } from '../../persistence/artifact-uploads.repository.js';

/** A process that dies keeps others from its uploads for as long. */
const leaseMs = 10_000;

/**
 * Works on an upload while no other process does. The signal aborts when the work must end: a later request goes on with the upload,
 * the process ends, or another process has taken it because this one did not get round to holding it.
 * @throws Problem 423 artifact-upload-busy
 */
export async function withHeldUpload<T>(
  firmware: Firmware,
  { writers, config }: Artifacts,
  upload: UploadRow,
  work: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  return writers.alone(upload.id, async (ending) => {
    const hold = (): Promise<boolean> => firmware.read((db) => holdUpload(db, upload, writers.holder, leaseMs));
    if (!(await hold())) throw uploadProblems.busy();
    const lost = new AbortController();
    const renewal = setInterval(() => {
      hold().then(
        (isHeld) => void (isHeld || lost.abort()),
        () => undefined, // the lease says how long the database may be away
      );
    }, leaseMs / 3);
    try {
      return await work(AbortSignal.any([ending, lost.signal]));
    } finally {
      clearInterval(renewal);
      const expiresAt = new Date(firmware.clock.nowMs() + config.artifactUploadExpiryMs);
      await firmware.read((db) => letGoOfUpload(db, upload, writers.holder, expiresAt)).catch(() => undefined);
    }
  });
}
