/** A measurement as the simulator sent it. */
export interface SentMeasurement {
  readonly device: string;
  /** Device time, milliseconds since the epoch. */
  readonly ts: number;
  readonly boot: string;
  readonly seq: number;
  readonly values: Readonly<Record<string, number | boolean | string>>;
}

export interface LedgerEntry {
  readonly measurement: SentMeasurement;
  /** Requests that carried it and may have reached the gateway. */
  sent: number;
  /** Of these, answered with 202. */
  acknowledged: number;
}

/** What was sent and what was acknowledged: the simulator's own log, against which the store is held. */
export class Ledger {
  readonly #byDevice = new Map<string, Map<string, LedgerEntry>>();
  #accepted = 0;
  #duplicatesSent = 0;
  #refused = 0;
  #unanswered = 0;

  /** Distinct measurements acknowledged at least once. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Acknowledgements beyond the first of the same measurement. */
  get duplicatesSent(): number {
    return this.#duplicatesSent;
  }

  /** Measurements in requests that were answered with 4xx. */
  get refused(): number {
    return this.#refused;
  }

  get devices(): readonly string[] {
    return [...this.#byDevice.keys()];
  }

  /** To be called before the request leaves: what is not here can not have been sent. */
  recordSent(measurement: SentMeasurement): LedgerEntry {
    const entries = this.#entriesFor(measurement.device);
    const key = measurementKey(measurement);
    const entry = entries.get(key) ?? { measurement, sent: 0, acknowledged: 0 };
    entries.set(key, entry);
    entry.sent += 1;
    return entry;
  }

  recordAcknowledged(entry: LedgerEntry): void {
    entry.acknowledged += 1;
    if (entry.acknowledged === 1) this.#accepted += 1;
    else this.#duplicatesSent += 1;
  }

  /** A refusal with a 4xx status is definite: nothing of this request was taken. */
  recordRefused(entry: LedgerEntry): void {
    entry.sent -= 1;
    this.#refused += 1;
  }

  /** No answer, or a 5xx: whether it was taken is unknown until the store is read. */
  recordUnanswered(): void {
    this.#unanswered += 1;
  }

  /** Requests whose outcome the device never learnt. */
  get unanswered(): number {
    return this.#unanswered;
  }

  entries(device: string): ReadonlyMap<string, LedgerEntry> {
    return this.#byDevice.get(device) ?? new Map();
  }

  #entriesFor(device: string): Map<string, LedgerEntry> {
    let entries = this.#byDevice.get(device);
    if (entries === undefined) {
      entries = new Map();
      this.#byDevice.set(device, entries);
    }
    return entries;
  }
}

/** Tells one measurement of a device from another. */
export function measurementKey(measurement: Pick<SentMeasurement, 'ts' | 'boot' | 'seq'>): string {
  return `${measurement.boot}:${measurement.seq}:${measurement.ts}`;
}
