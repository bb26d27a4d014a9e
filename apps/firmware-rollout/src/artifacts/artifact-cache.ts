import { createHash } from 'node:crypto';
import type { ArtifactStore } from './artifact-store.js';
import { corruptBlob } from './artifact-store.errors.js';

export interface CacheLimits {
  /** Of all files together, those that are being loaded included. */
  readonly maxBytes: number;
  /** Larger files are not kept. */
  readonly maxFileBytes: number;
}

interface Entry {
  readonly size: number;
  content: Buffer | Promise<Buffer>;
}

/**
 * Whole files in memory, the least recently used leaves first. A file is loaded once however many ask for it at the same time, and
 * only what has the digest that names it is kept. An answer under way holds on to a buffer that has left.
 */
export class ArtifactCache {
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** The one that was asked for last. */
  #latest = '';
  #bytes = 0;

  constructor(
    private readonly store: ArtifactStore,
    private readonly limits: CacheLimits,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The file, at once where it is here already. Undefined: it is too large, or there is no room beside what is being loaded;
   * then it is to be streamed. @throws ArtifactStoreError
   */
  whole(sha256: string, size: number): Buffer | Promise<Buffer> | undefined {
    const known = this.#entries.get(sha256);
    if (known !== undefined) {
      if (sha256 !== this.#latest) {
        this.#entries.delete(sha256);
        this.#entries.set(sha256, known);
        this.#latest = sha256;
      }
      return known.content;
    }
    if (size > this.limits.maxFileBytes || !this.#makeRoom(size)) return undefined;
    const entry: Entry = { size, content: this.#load(sha256, size) };
    this.#entries.set(sha256, entry);
    this.#latest = sha256;
    this.#bytes += size;
    return entry.content;
  }

  async #load(sha256: string, size: number): Promise<Buffer> {
    try {
      const content = await readWhole(this.store, sha256, size);
      const entry = this.#entries.get(sha256);
      if (entry !== undefined) entry.content = content;
      return content;
    } catch (error) {
      if (this.#entries.delete(sha256)) this.#bytes -= size;
      throw error;
    }
  }

  #makeRoom(size: number): boolean {
    const loading = [...this.#entries.values()].filter(({ content }) => content instanceof Promise);
    const held = loading.reduce((sum, entry) => sum + entry.size, 0);
    if (held + size > this.limits.maxBytes) return false;
    for (const [sha256, entry] of this.#entries) {
      if (this.#bytes + size <= this.limits.maxBytes) break;
      if (entry.content instanceof Promise) continue;
      this.#entries.delete(sha256);
      this.#bytes -= entry.size;
    }
    return true;
  }
}

async function readWhole(store: ArtifactStore, sha256: string, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  const hash = createHash('sha256');
  let length = 0;
  for await (const read of await store.open(sha256, { start: 0, end: size - 1 })) {
    const chunk = read as Buffer;
    if (length + chunk.length > size) throw corruptBlob(sha256);
    chunk.copy(content, length);
    hash.update(chunk);
    length += chunk.length;
  }
  if (length !== size || hash.digest('hex') !== sha256) throw corruptBlob(sha256);
  return content;
}
