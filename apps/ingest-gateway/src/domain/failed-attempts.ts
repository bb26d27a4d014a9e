import { owedNow, policyOf, waitMs } from './usage-meter.js';

/**
 * Failed authentications per client address. It slows down those who fail; a right secret always passes, so nobody
 * can lock out others behind the same address. Bounded: the address that failed longest ago is forgotten first.
 */
export class FailedAttempts {
  readonly #failures = new Map<string, { owed: number; atMs: number }>();
  readonly #policy;

  constructor(
    perSecond: number,
    private readonly maxAddresses: number,
  ) {
    this.#policy = policyOf(perSecond);
  }

  /** Counts one failure. The time to wait, in milliseconds, when the address has failed too often; otherwise 0. */
  record(address: string, nowMs: number): number {
    const noted = this.#failures.get(address);
    const owed = noted === undefined ? 0 : owedNow(noted.owed, noted.atMs, this.#policy, nowMs);
    const wait = waitMs(owed, this.#policy, 1);
    if (wait > 0) return wait;
    this.#failures.delete(address); // set again below: insertion order is the order of the last failure
    if (this.#failures.size >= this.maxAddresses) {
      const oldest = this.#failures.keys().next().value;
      if (oldest !== undefined) this.#failures.delete(oldest);
    }
    this.#failures.set(address, { owed: owed + 1, atMs: nowMs });
    return 0;
  }

  get size(): number {
    return this.#failures.size;
  }
}
