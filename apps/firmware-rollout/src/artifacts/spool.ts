import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, fileFailure } from './artifact-store.errors.js';
import { RunningDigests } from './digests.js';
import { SpoolFile } from './spool-file.js';

/** How many files' digests are kept while nobody writes to them. Others are computed again from the file. */
const restingDigests = 1_000;
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The bytes of uploads on their way, a file for each. Its length is the offset of the upload. Processes that share uploads must
 * share the folder; one process writes a file at a time (who, the row of the upload says).
 */
export class Spool {
  readonly #resting = new Map<string, RunningDigests>();

  constructor(private readonly folder: string) {}

  pathOf(id: string): string {
    if (!idForm.test(id)) throw new TypeError('a spooled file is named by a UUID');
    return join(this.folder, id);
  }

  /** What of it is on the disk, in bytes: after this answer no crash makes it less. @throws ArtifactStoreError */
  async offsetOf(id: string): Promise<number> {
    try {
      const handle = await open(this.pathOf(id), 'r');
      try {
        await handle.datasync();
        return (await handle.stat()).size;
      } finally {
        await handle.close();
      }
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return 0;
      throw fileFailure(cause);
    }
  }

  /** Opened to be written on. The caller closes it with {@link rest}. @throws ArtifactStoreError */
  async resume(id: string): Promise<SpoolFile> {
    const path = this.pathOf(id);
    let handle: FileHandle | undefined;
    try {
      await mkdir(this.folder, { recursive: true });
      handle = await open(path, 'a', 0o600);
      const { size } = await handle.stat();
      const known = this.#resting.get(id);
      this.#resting.delete(id);
      return new SpoolFile(handle, known?.bytes === size ? known : await RunningDigests.ofFile(path, size));
    } catch (cause) {
      await handle?.close();
      throw fileFailure(cause);
    }
  }

  /** Closes it and keeps its digests in mind, to go on from there. */
  async rest(id: string, file: SpoolFile): Promise<void> {
    await file.close();
    if (this.#resting.size >= restingDigests) this.#resting.delete(this.#resting.keys().next().value as string);
    this.#resting.set(id, file.digests);
  }

  async remove(id: string): Promise<void> {
    this.#resting.delete(id);
    try {
      await unlink(this.pathOf(id));
    } catch (cause) {
      if (errorCode(cause) !== 'ENOENT') throw fileFailure(cause);
    }
  }

  /** Ids of the files in the folder that nobody has written to since an instant. */
  async quietSince(beforeMs: number): Promise<string[]> {
    const quiet: string[] = [];
    for (const id of await this.#ids()) {
      const { mtimeMs } = await stat(this.pathOf(id)).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < beforeMs) quiet.push(id);
    }
    return quiet;
  }

  async #ids(): Promise<string[]> {
    try {
      return (await readdir(this.folder)).filter((name) => idForm.test(name));
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return [];
      throw fileFailure(cause);
    }
  }
}
