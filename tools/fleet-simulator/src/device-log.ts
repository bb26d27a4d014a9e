import type { SentMeasurement, Values } from './ledger.js';

/**
 * What one device measured, and how often each measurement was sent and acknowledged. Takes twelve bytes per
 * measurement, because values are computed again when they are needed: hours of a large fleet fit into memory.
 */
export class DeviceLog {
  #count = 0;
  #ts = new Float64Array(64);
  #sent = new Uint16Array(64);
  #acknowledged = new Uint16Array(64);

  constructor(
    readonly device: string,
    readonly boot: string,
    /** Must give the same values for the same sequence number, always. */
    private readonly valuesOf: (seq: number) => Values,
  ) {}

  /** Measurements so far; sequence numbers are 0 to `count - 1`. */
  get count(): number {
    return this.#count;
  }

  /** @returns the sequence number of the new measurement */
  add(ts: number): number {
    if (this.#count === this.#ts.length) this.#grow();
    this.#ts[this.#count] = ts;
    return this.#count++;
  }

  measurement(seq: number): SentMeasurement {
    return { device: this.device, ts: this.ts(seq), boot: this.boot, seq, values: this.valuesOf(seq) };
  }

  ts(seq: number): number {
    return this.#ts[seq] as number;
  }

  /** Requests that carried it and may have reached the gateway. */
  sent(seq: number): number {
    return this.#sent[seq] as number;
  }

  /** Of these, answered with 202. */
  acknowledged(seq: number): number {
    return this.#acknowledged[seq] as number;
  }

  countSent(seq: number, change: 1 | -1): void {
    this.#sent[seq] = this.sent(seq) + change;
  }

  /** @returns how often it has been acknowledged by now */
  countAcknowledged(seq: number): number {
    return (this.#acknowledged[seq] = this.acknowledged(seq) + 1);
  }

  #grow(): void {
    const length = this.#ts.length * 2;
    const grown = {
      ts: new Float64Array(length),
      sent: new Uint16Array(length),
      acknowledged: new Uint16Array(length),
    };
    grown.ts.set(this.#ts);
    grown.sent.set(this.#sent);
    grown.acknowledged.set(this.#acknowledged);
    ({ ts: this.#ts, sent: this.#sent, acknowledged: this.#acknowledged } = grown);
  }
}
