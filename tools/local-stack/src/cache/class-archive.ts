import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureCompleteDirectory } from './complete-directory.js';
import type { Java } from './java.js';
import type { Progress } from './progress.js';

const archiveName = 'server.jsa';

/**
 * Kafka's classes as this Java reads them (a class data sharing archive): a node starts with half the processor time. Made at the
 * first call, out of what a node has loaded that `record` starts and stops.
 * @param record writes the archive into the file, or does not, as a Java without archives
 * @returns the archive; undefined where there is none
 */
export async function ensureClassArchive(
  jars: string,
  java: Java,
  progress: Progress,
  record: (archiveFile: string) => Promise<void>,
): Promise<string | undefined> {
  const release = createHash('sha256').update(`${java.command}\n${java.release}`).digest('hex').slice(0, 12);
  const directory = `${dirname(jars)}-classes-${release}`;
  try {
    await ensureCompleteDirectory(directory, progress, async (temporary) => {
      progress('preparing quick starts of Kafka (once)');
      await record(join(temporary, archiveName));
    });
  } catch {
    // A start that fails for a reason fails again without it, and is told there.
    return undefined;
  }
  const archive = join(directory, archiveName);
  return existsSync(archive) ? archive : undefined;
}
