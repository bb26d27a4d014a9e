import { type Hash, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Lower-case hex. */
export interface Digests {
  readonly sha256: string;
  readonly sha1: string;
  readonly md5: string;
}

/** The three digests of bytes that come one after the other. */
export class RunningDigests {
  readonly #hashes: readonly Hash[] = ['sha256', 'sha1', 'md5'].map((name) => createHash(name));
  #bytes = 0;

  /** How many bytes there were. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of the first bytes of a file, read once. */
  static async ofFile(path: string, bytes: number): Promise<RunningDigests> {
    const digests = new RunningDigests();
    if (bytes === 0) return digests;
    const prefix = createReadStream(path, { end: bytes - 1, highWaterMark: 262_144 });
    for await (const chunk of prefix) digests.update(chunk as Buffer);
    return digests;
  }

  update(chunk: Buffer): void {
    for (const hash of this.#hashes) hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** As of now; more bytes may follow. */
  digests(): Digests {
    const [sha256 = '', sha1 = '', md5 = ''] = this.#hashes.map((hash) => hash.copy().digest('hex'));
    return { sha256, sha1, md5 };
  }
}
