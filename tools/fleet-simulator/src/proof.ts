import { isDeepStrictEqual } from 'node:util';
import type { DeviceLog } from './device-log.js';
import { type Ledger, measurementKey, type SentMeasurement } from './ledger.js';

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
  /** Arrivals of what is evaluated and never stored, copies included. */
  readonly evaluateOnly: number;
  /** Stored although the device never saw an acknowledgement: allowed. */
  readonly storedUnacknowledged: number;
  readonly counts: Readonly<Record<ProofFault, number>>;
  /** The first findings, at most 20. */
  readonly findings: readonly ProofFinding[];
}

/** Reads all that is stored of a device; may be called again until everything acknowledged is visible. */
export type ReadStored = (device: string) => Promise<readonly StoredMeasurement[]>;

/** Devices whose measurements are never stored: the store can only say how many there were, copies included. */
export interface EvaluatedDevices {
  has(device: string): boolean;
  counted(device: string): Promise<number>;
}

const nobody: EvaluatedDevices = { has: () => false, counted: () => Promise.resolve(0) };

/**
 * Holds the store against the ledger: each acknowledged measurement is stored exactly once with its values,
 * nothing that was not sent is stored, and arrivals are accounted for. Of `evaluated` devices, nothing is stored, and
 * the store has counted no fewer arrivals than were acknowledged and no more than were sent.
 */
export async function prove(
  ledger: Ledger,
  readStored: ReadStored,
  evaluated: EvaluatedDevices = nobody,
): Promise<ProofResult> {
  const tally = new Tally();
  for (const log of ledger.logs) {
    const rows = await readStored(log.device);
    if (evaluated.has(log.device)) proveEvaluated(log, rows, await evaluated.counted(log.device), tally);
    else proveDevice(log, rows, tally);
  }
  return tally.result();
}

function proveEvaluated(log: DeviceLog, rows: readonly StoredMeasurement[], counted: number, tally: Tally): void {
  const { device } = log;
  let [acknowledged, sent] = [0, 0];
  for (let seq = 0; seq < log.count; seq += 1) {
    acknowledged += log.acknowledged(seq);
    sent += log.sent(seq);
  }
  tally.evaluated(counted);
  for (const row of rows) tally.add('invented', device, measurementKey(row));
  if (counted < acknowledged) tally.add('lost', device, `${counted} of ${acknowledged} counted`);
  if (counted > sent) tally.add('miscounted', device, `${counted} counted, ${sent} sent`);
}

function proveDevice(log: DeviceLog, rows: readonly StoredMeasurement[], tally: Tally): void {
  const { device } = log;
  const seen = new Uint8Array(log.count);
  for (const row of rows) {
    const seq = log.seqOf(row);
    if (seq === undefined) {
      tally.add('invented', device, measurementKey(row));
    } else if (seen[seq] === 1) {
      tally.add('doubled', device, measurementKey(row));
    } else {
      seen[seq] = 1;
      tally.stored(log.acknowledged(seq), row);
      if (!isDeepStrictEqual(row.values, log.measurement(seq).values))
        tally.add('altered', device, measurementKey(row));
      const arrivals = row.duplicates + 1;
      if (arrivals < log.acknowledged(seq) || arrivals > log.sent(seq)) {
        tally.add('miscounted', device, measurementKey(row));
      }
    }
  }
  for (let seq = 0; seq < log.count; seq += 1) {
    if (log.acknowledged(seq) > 0 && seen[seq] === 0) tally.add('lost', device, measurementKey(log.measurement(seq)));
  }
}

class Tally {
  #stored = 0;
  #duplicatesCounted = 0;
  #evaluateOnly = 0;
  #storedUnacknowledged = 0;
  readonly #counts: Record<ProofFault, number> = { lost: 0, doubled: 0, altered: 0, invented: 0, miscounted: 0 };
  readonly #findings: ProofFinding[] = [];

  stored(acknowledged: number, row: StoredMeasurement): void {
    this.#stored += 1;
    this.#duplicatesCounted += row.duplicates;
    if (acknowledged === 0) this.#storedUnacknowledged += 1;
  }

  evaluated(counted: number): void {
    this.#evaluateOnly += counted;
  }

  add(fault: ProofFault, device: string, key: string): void {
    this.#counts[fault] += 1;
    if (this.#findings.length < 20) this.#findings.push({ fault, device, key });
  }

  result(): ProofResult {
    return {
      stored: this.#stored,
      duplicatesCounted: this.#duplicatesCounted,
      evaluateOnly: this.#evaluateOnly,
      storedUnacknowledged: this.#storedUnacknowledged,
      counts: { ...this.#counts },
      findings: [...this.#findings],
    };
  }
}
