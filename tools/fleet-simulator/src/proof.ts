import { isDeepStrictEqual } from 'node:util';
import type { DeviceLog } from './device-log.js';
import { type Ledger, measurementKey, type SentMeasurement, type Values } from './ledger.js';

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
  /** Measurements that were stored and then discarded as redundant, as the store counted them. */
  readonly filtered: number;
  /** Stored although the device never saw an acknowledgement: allowed. */
  readonly storedUnacknowledged: number;
  readonly counts: Readonly<Record<ProofFault, number>>;
  /** The first findings, at most 20. */
  readonly findings: readonly ProofFinding[];
}

/** Reads all that is stored of a device; may be called again until everything acknowledged is visible. */
export type ReadStored = (device: string) => Promise<readonly StoredMeasurement[]>;

/** What the store does not show, and can only say how many there were. */
export interface CountedDevices {
  /** Whether measurements of the device are never stored. */
  isEvaluateOnly(device: string): boolean;
  /** Those of a device that is evaluated only, copies included. */
  evaluated(device: string): Promise<number>;
  /** Whether its profile has filters, which take values out of stored measurements. */
  isFiltered(device: string): boolean;
  /** Measurements that the filters of its profile discarded. */
  filtered(device: string): Promise<number>;
}

const nobody: CountedDevices = {
  isEvaluateOnly: () => false,
  isFiltered: () => false,
  evaluated: () => Promise.resolve(0),
  filtered: () => Promise.resolve(0),
};

/** How long the store may take to show what it has not shown yet. */
export interface Patience {
  /** Counted from when every device was read once. */
  readonly deadlineMs: number;
  /** @param spentMs what the last round of reading took */
  pause(spentMs: number): Promise<void>;
}

/**
 * Holds the store against the ledger: each acknowledged measurement is stored exactly once with its values,
 * nothing that was not sent is stored, and arrivals are accounted for. Of devices that are evaluated only, nothing is
 * stored, and the store has counted no fewer arrivals than were acknowledged and no more than were sent. Elsewhere as many
 * are missing as filters discarded, and only where there are filters, values may be missing. Devices of which something is missing are read again while there is patience.
 */
export async function prove(
  ledger: Ledger,
  readStored: ReadStored,
  counted: CountedDevices = nobody,
  patience?: Patience,
): Promise<ProofResult> {
  const total = new Tally();
  let open = [...ledger.logs];
  let end: number | undefined;
  while (open.length > 0) {
    const startedMs = performance.now();
    const mayWait = patience !== undefined && (end === undefined || startedMs < end);
    const behind: DeviceLog[] = [];
    const next = open.values();
    const work = async (): Promise<void> => {
      for (const log of next) {
        const tally = await proveLog(log, readStored, counted);
        if (mayWait && tally.lacksSomething) behind.push(log);
        else total.include(tally);
      }
    };
    // Two at a time: one is looked through while the other is on its way.
    await Promise.all([work(), work()]);
    open = behind;
    if (behind.length === 0 || patience === undefined) break;
    end ??= performance.now() + patience.deadlineMs;
    await patience.pause(performance.now() - startedMs);
  }
  return total.result();
}

async function proveLog(log: DeviceLog, readStored: ReadStored, counted: CountedDevices): Promise<Tally> {
  const { device } = log;
  const tally = new Tally();
  // Counted before reading: what is discarded in between seems lost once, and not in the next attempt.
  const evaluateOnly = counted.isEvaluateOnly(device);
  const count = evaluateOnly ? await counted.evaluated(device) : await counted.filtered(device);
  const rows = await readStored(device);
  if (evaluateOnly) proveEvaluated(log, rows, count, tally);
  else proveDevice(log, rows, { count, some: counted.isFiltered(device) }, tally);
  return tally;
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

/** What filters did to the measurements of a device. */
interface Filtered {
  /** Whether it has any. */
  readonly some: boolean;
  /** Measurements that they discarded as a whole. */
  readonly count: number;
}

function proveDevice(
  log: DeviceLog,
  rows: readonly StoredMeasurement[],
  { some, count: filtered }: Filtered,
  tally: Tally,
): void {
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
      const sent = log.measurement(seq).values;
      if (!isDeepStrictEqual(row.values, some ? named(sent, row.values) : sent))
        tally.add('altered', device, measurementKey(row));
      const arrivals = row.duplicates + 1;
      if (arrivals < log.acknowledged(seq) || arrivals > log.sent(seq)) {
        tally.add('miscounted', device, measurementKey(row));
      }
    }
  }
  const absent: number[] = [];
  let maybeStored = 0;
  for (let seq = 0; seq < log.count; seq += 1) {
    if (seen[seq] === 1) continue;
    if (log.acknowledged(seq) > 0) absent.push(seq);
    else if (log.sent(seq) > 0) maybeStored += 1;
  }
  tally.filtered(filtered);
  // Which ones were discarded is not said: of too many that are absent, the last ones are named.
  for (const seq of absent.slice(filtered)) tally.add('lost', device, measurementKey(log.measurement(seq)));
  if (filtered > absent.length + maybeStored) tally.add('miscounted', device, `${filtered} filtered`);
}

/** Of what was sent, what the row names still; a row without values is none. */
function named(sent: Values, left: Values): Values | undefined {
  const names = Object.keys(left);
  return names.length === 0 ? undefined : (Object.fromEntries(names.map((name) => [name, sent[name]])) as Values);
}

const faults = ['lost', 'doubled', 'altered', 'invented', 'miscounted'] as const satisfies readonly ProofFault[];
const maxFindings = 20;

class Tally {
  #stored = 0;
  #duplicatesCounted = 0;
  #evaluateOnly = 0;
  #filtered = 0;
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

  filtered(counted: number): void {
    this.#filtered += counted;
  }

  get lacksSomething(): boolean {
    return this.#counts.lost + this.#counts.miscounted > 0;
  }

  include(other: Tally): void {
    this.#stored += other.#stored;
    this.#duplicatesCounted += other.#duplicatesCounted;
    this.#evaluateOnly += other.#evaluateOnly;
    this.#filtered += other.#filtered;
    this.#storedUnacknowledged += other.#storedUnacknowledged;
    for (const fault of faults) this.#counts[fault] += other.#counts[fault];
    this.#findings.push(...other.#findings.slice(0, maxFindings - this.#findings.length));
  }

  add(fault: ProofFault, device: string, key: string): void {
    this.#counts[fault] += 1;
    if (this.#findings.length < maxFindings) this.#findings.push({ fault, device, key });
  }

  result(): ProofResult {
    return {
      stored: this.#stored,
      duplicatesCounted: this.#duplicatesCounted,
      evaluateOnly: this.#evaluateOnly,
      filtered: this.#filtered,
      storedUnacknowledged: this.#storedUnacknowledged,
      counts: { ...this.#counts },
      findings: [...this.#findings],
    };
  }
}
