import { createHash, type Hash } from 'node:crypto';
import type { DdiArtifact } from './ddi-answers.js';

/**
 * What a device has of one artifact. The bytes are not kept, only how many there were and their hash, so that a large
 * fleet may download large images: what was written counts as being in the flash.
 */
export class PartialDownload {
  #hash: Hash = createHash('sha256');
  #received = 0;

  constructor(readonly artifact: DdiArtifact) {}

  get received(): number {
    return this.#received;
  }

  get isComplete(): boolean {
    return this.#received === this.artifact.size;
  }

  /** More bytes than were announced. */
  get isOverfull(): boolean {
    return this.#received > this.artifact.size;
  }

  /** Of the bytes so far. */
  get isGenuine(): boolean {
    return this.isComplete && this.#hash.copy().digest('hex') === this.artifact.sha256;
  }

  /** Whether the body of this answer is what comes next. A whole file is: everything before is forgotten. */
  continuesWith(status: number, contentRange: string | string[] | undefined): boolean {
    const { size } = this.artifact;
    if (status === 206) return contentRange === `bytes ${this.#received}-${size - 1}/${size}`;
    if (status === 200 || status === 416) this.reset();
    return status === 200;
  }

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#received += bytes.length;
  }

  reset(): void {
    this.#hash = createHash('sha256');
    this.#received = 0;
  }
}
