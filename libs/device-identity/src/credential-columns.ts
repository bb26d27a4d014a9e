import { randomFillSync, timingSafeEqual } from 'node:crypto';
import { grownCapacity, nobody } from './device-slots.js';

export interface StoredCredential {
  readonly id: string;
  /** SHA-256 of the secret, 32 bytes. */
  readonly digest: Buffer;
  readonly notBeforeMs: number;
  /** Infinity when it does not expire. */
  readonly notAfterMs: number;
}

/** Two live credentials at a time, so that a rotation overlaps. */
export const credentialsPerDevice = 2;
const digestBytes = 32;

/**
 * Credentials by position; the positions of a device are `2 * slot` and `2 * slot + 1`. An empty position, and both
 * of {@link nobody}, hold random bytes: comparing with them is the same work and cannot succeed.
 */
export class CredentialColumns {
  readonly #positionOfId = new Map<string, number>();
  readonly #idOfPosition: (string | undefined)[] = [];
  #digests = Buffer.alloc(0);
  #notBeforeMs = new Float64Array(0);
  #notAfterMs = new Float64Array(0);

  constructor() {
    this.#makeRoom(nobody);
  }

  /** Replaces all credentials of a device. */
  replace(slot: number, credentials: readonly StoredCredential[]): void {
    this.#makeRoom(slot);
    for (let nth = 0; nth < credentialsPerDevice; nth++) this.#forget(slot * credentialsPerDevice + nth);
    credentials.slice(0, credentialsPerDevice).forEach((credential, nth) => {
      const position = slot * credentialsPerDevice + nth;
      this.#positionOfId.set(credential.id, position);
      this.#idOfPosition[position] = credential.id;
      this.#digests.set(credential.digest, position * digestBytes);
      this.#notBeforeMs[position] = credential.notBeforeMs;
      this.#notAfterMs[position] = credential.notAfterMs;
    });
  }

  /** The position of a credential; one of {@link nobody} when it is unknown. */
  find(credentialId: string): number {
    return this.#positionOfId.get(credentialId) ?? nobody;
  }

  has(slot: number): boolean {
    return this.#idOfPosition[slot * credentialsPerDevice] !== undefined;
  }

  /** In constant time. `digest` has 32 bytes. */
  matches(position: number, digest: Buffer): boolean {
    const stored = this.#digests.subarray(position * digestBytes, (position + 1) * digestBytes);
    return timingSafeEqual(stored, digest) && this.#idOfPosition[position] !== undefined;
  }

  notBeforeMs(position: number): number {
    return this.#notBeforeMs[position] as number;
  }

  notAfterMs(position: number): number {
    return this.#notAfterMs[position] as number;
  }

  get count(): number {
    return this.#positionOfId.size;
  }

  #forget(position: number): void {
    const id = this.#idOfPosition[position];
    if (id === undefined) return;
    if (this.#positionOfId.get(id) === position) this.#positionOfId.delete(id);
    this.#idOfPosition[position] = undefined;
    randomFillSync(this.#digests, position * digestBytes, digestBytes);
  }

  #makeRoom(slot: number): void {
    const slots = this.#notBeforeMs.length / credentialsPerDevice;
    if (slot < slots) return;
    const positions = grownCapacity(slots, slot) * credentialsPerDevice;
    const digests = Buffer.alloc(positions * digestBytes);
    randomFillSync(digests, this.#digests.length);
    digests.set(this.#digests);
    this.#digests = digests;
    this.#notBeforeMs = copied(positions, this.#notBeforeMs);
    this.#notAfterMs = copied(positions, this.#notAfterMs);
  }
}

function copied(length: number, column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(column);
  return larger;
}
