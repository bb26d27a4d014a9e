import { policyOf, taken, waitMs } from './usage-meter.js';

/**
 * Failed authentications per client address. It slows down those who fail; a right secret always passes, so nobody
 * can lock out others behind the same address. Bounded: the address that failed longest ago is forgotten first.
 */
export class FailedAttempts {
  readonly #paidBackAtMs = new Map<string, number>();
  readonly #policy;

  constructor(
    perSecond: number,
    private readonly maxAddresses: number,
  ) {
    this.#policy = policyOf(perSecond);
  }

  /** Counts one failure. The time to wait, in milliseconds, when the address has failed too often; otherwise 0. */
  record(address: string, nowMs: number): number {
    const before = this.#paidBackAtMs.get(address) ?? 0;
    const wait = waitMs(before, this.#policy, 1, nowMs);
    if (wait > 0) return wait;
    this.#paidBackAtMs.delete(address); // set again below: insertion order is the order of the last failure
    if (this.#paidBackAtMs.size >= this.maxAddresses) {
      const oldest = this.#paidBackAtMs.keys().next().value;
      if (oldest !== undefined) this.#paidBackAtMs.delete(oldest);
    }
    this.#paidBackAtMs.set(address, taken(before, this.#policy, 1, nowMs));
    return 0;
  }

  get size(): number {
    return this.#paidBackAtMs.size;
  }
}
