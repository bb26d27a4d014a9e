import type { FileHandle } from 'node:fs/promises';
import { fileFailure } from './artifact-store.errors.js';
import type { RunningDigests } from './digests.js';

/** A file that grows at its end while its digests are computed. */
export class SpoolFile {
  constructor(
    private readonly handle: FileHandle,
    readonly digests: RunningDigests,
  ) {}

  /** In bytes. */
  get size(): number {
    return this.digests.bytes;
  }

  /** All of it or nothing of it: after a failure the file is as it was. @throws ArtifactStoreError artifact-store.full */
  async append(chunk: Buffer): Promise<void> {
    try {
      let written = 0;
      while (written < chunk.length) {
        const { bytesWritten } = await this.handle.write(chunk, written, chunk.length - written);
        written += bytesWritten;
      }
    } catch (cause) {
      await this.handle.truncate(this.size).catch(() => undefined);
      throw fileFailure(cause);
    }
    this.digests.update(chunk);
  }

  /** What was appended survives a crash. @throws ArtifactStoreError artifact-store.full */
  async sync(): Promise<void> {
    try {
      await this.handle.datasync();
    } catch (cause) {
      throw fileFailure(cause);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
