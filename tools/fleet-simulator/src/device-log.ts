import type { SentMeasurement, Values } from './ledger.js';

/** What was measured. @param ts device time, milliseconds since the epoch */
export type ValuesOf = (seq: number, ts: number) => Values;

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
    /** Empty: the device does not name its runs and measurements, they are told apart by their time. */
    readonly boot: string,
    /** Must give the same values for the same sequence number and its time, always. */
    private readonly valuesOf: ValuesOf,
  ) {}

  /** Measurements so far; sequence numbers are 0 to `count - 1`. */
  get count(): number {
    return this.#count;
  }

  /** @returns the sequence number of the new measurement */
  add(ts: number): number {
    if (this.#count === this.#ts.length) this.#grow();
    const earliest = this.boot === '' && this.#count > 0 ? this.ts(this.#count - 1) + 1 : 0;
    this.#ts[this.#count] = Math.max(ts, earliest);
    return this.#count++;
  }

  /** As it is sent, and shown when it is stored. */
  measurement(seq: number): SentMeasurement {
    const name = { boot: this.boot, seq: this.boot === '' ? -1 : seq };
    const ts = this.ts(seq);
    return { device: this.device, ts, ...name, values: this.valuesOf(seq, ts) };
  }

  /** The sequence number of what was stored; undefined when it was never measured. */
  seqOf({ boot, seq, ts }: Pick<SentMeasurement, 'boot' | 'seq' | 'ts'>): number | undefined {
    if (boot !== this.boot) return undefined;
    if (boot === '') return this.#seqAt(ts);
    return this.#ts[seq] === ts && seq < this.#count ? seq : undefined;
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

  /** Without names, times only grow. */
  #seqAt(ts: number): number | undefined {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ts(middle) < ts) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.ts(low) === ts ? low : undefined;
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
