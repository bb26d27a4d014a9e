import { randomUUID } from 'node:crypto';
import { type FileHandle, chmod, copyFile, link, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore, ByteRange, SpooledFile } from './artifact-store.js';
import { corruptBlob, errorCode, fileFailure, missingBlob } from './artifact-store.errors.js';

const readAheadBytes = 262_144;
/** The file system, or the way to another one, has no hard links. */
const noLinks = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS']);

/**
 * A folder: `<first two digits>/<sha256>`. A blob appears under its name in one step, on the disk already. Any number of
 * processes may share it, also by a network file system that has atomic `rename`.
 */
export class FilesystemStore implements ArtifactStore {
  constructor(private readonly folder: string) {}

  async put({ path, sha256, size }: SpooledFile): Promise<void> {
    const existing = await this.stat(sha256);
    if (existing !== undefined) return assertSize(sha256, size, existing.size);
    const target = this.#pathOf(sha256);
    try {
      await mkdir(dirname(target), { recursive: true });
      await syncFile(path);
      await appear(path, target);
      await chmod(target, 0o444);
      await syncFile(dirname(target));
      await syncFile(this.folder);
    } catch (cause) {
      throw fileFailure(cause);
    }
    assertSize(sha256, size, (await this.stat(sha256))?.size);
  }

  async open(sha256: string, { start, end }: ByteRange) {
    const handle = await this.#opened(sha256);
    return handle.createReadStream({ start, end, highWaterMark: readAheadBytes });
  }

  async stat(sha256: string): Promise<{ size: number } | undefined> {
    const path = this.#pathOf(sha256);
    try {
      const { size } = await stat(path);
      return { size };
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return undefined;
      throw fileFailure(cause);
    }
  }

  async delete(sha256: string): Promise<void> {
    const path = this.#pathOf(sha256);
    try {
      await unlink(path);
    } catch (cause) {
      if (errorCode(cause) !== 'ENOENT') throw fileFailure(cause);
    }
  }

  async close(): Promise<void> {}

  async #opened(sha256: string): Promise<FileHandle> {
    const path = this.#pathOf(sha256);
    try {
      return await open(path, 'r');
    } catch (cause) {
      throw errorCode(cause) === 'ENOENT' ? missingBlob(sha256, cause) : fileFailure(cause);
    }
  }

  #pathOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError('a blob is named by a SHA-256 in hex');
    return join(this.folder, sha256.slice(0, 2), sha256);
  }
}

function assertSize(sha256: string, wanted: number, found: number | undefined): void {
  if (found !== wanted) throw corruptBlob(sha256);
}

/** A link is made only where nothing is, so what is there is never replaced. */
async function appear(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return;
    if (code === undefined || !noLinks.has(code)) throw error;
    await appearCopied(path, target);
  }
}

async function appearCopied(path: string, target: string): Promise<void> {
  const copy = `${target}.${randomUUID()}.part`;
  try {
    await copyFile(path, copy);
    await syncFile(copy);
    await rename(copy, target);
  } catch (error) {
    await unlink(copy).catch(() => undefined);
    throw error;
  }
}

/** Also of a folder: its names are on the disk then. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
