import { isDeepStrictEqual } from 'node:util';
import { type Ledger, type LedgerEntry, measurementKey, type SentMeasurement } from './ledger.js';

/** A measurement as the query API shows it, raw. */
export interface StoredMeasurement extends SentMeasurement {
  /** Times that it arrived again after it had been stored. */
  readonly duplicates: number;
}

export type ProofFault =
  /** Acknowledged, but not stored. */
  | 'lost'
  /** Stored more than once. */
  | 'doubled'
  /** Stored with other values than were sent. */
  | 'altered'
  /** Stored, but never sent. */
  | 'invented'
  /** Stored once, but the arrivals counted do not fit what was sent and acknowledged. */
  | 'miscounted';

export interface ProofFinding {
  readonly fault: ProofFault;
  readonly device: string;
  readonly key: string;
}

export interface ProofResult {
  readonly stored: number;
  /** Arrivals beyond the first, as the store counted them. */
  readonly duplicatesCounted: number;
  /** Stored although the device never saw an acknowledgement: allowed. */
  readonly storedUnacknowledged: number;
  readonly counts: Readonly<Record<ProofFault, number>>;
  /** The first findings, at most 20. */
  readonly findings: readonly ProofFinding[];
}

/** Reads all that is stored of a device; may be called again until everything acknowledged is visible. */
export type ReadStored = (device: string) => Promise<readonly StoredMeasurement[]>;

/**
 * Holds the store against the ledger: each acknowledged measurement is stored exactly once with its values,
 * nothing that was not sent is stored, and arrivals are accounted for.
 */
export async function prove(ledger: Ledger, readStored: ReadStored): Promise<ProofResult> {
  const tally = new Tally();
  for (const device of ledger.devices) {
    proveDevice(device, ledger.entries(device), await readStored(device), tally);
  }
  return tally.result();
}

function proveDevice(
  device: string,
  entries: ReadonlyMap<string, LedgerEntry>,
  rows: readonly StoredMeasurement[],
  tally: Tally,
): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = measurementKey(row);
    const entry = entries.get(key);
    if (entry === undefined) {
      tally.add('invented', device, key);
    } else if (seen.has(key)) {
      tally.add('doubled', device, key);
    } else {
      seen.add(key);
      tally.stored(entry, row);
      if (!isDeepStrictEqual(row.values, entry.measurement.values)) tally.add('altered', device, key);
      const arrivals = row.duplicates + 1;
      if (arrivals < entry.acknowledged || arrivals > entry.sent) tally.add('miscounted', device, key);
    }
  }
  for (const [key, entry] of entries) {
    if (entry.acknowledged > 0 && !seen.has(key)) tally.add('lost', device, key);
  }
}

class Tally {
  #stored = 0;
  #duplicatesCounted = 0;
  #storedUnacknowledged = 0;
  readonly #counts: Record<ProofFault, number> = { lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0 };
  readonly #findings: ProofFinding[] = [];

  stored(entry: LedgerEntry, row: StoredMeasurement): void {
    this.#stored += 1;
    this.#duplicatesCounted += row.duplicates;
    if (entry.acknowledged === 0) this.#storedUnacknowledged += 1;
  }

  add(fault: ProofFault, device: string, key: string): void {
    this.#counts[fault] += 1;
    if (this.#findings.length < 20) this.#findings.push({ fault, device, key });
  }

  result(): ProofResult {
    return {
      stored: this.#stored,
      duplicatesCounted: this.#duplicatesCounted,
      storedUnacknowledged: this.#storedUnacknowledged,
      counts: { ...this.#counts },
      findings: [...this.#findings],
    };
  }
}
