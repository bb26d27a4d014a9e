import { type Measurement, compareRecency } from './measurement.js';
import { type RetentionClassCode, classBit, longerClass } from './retention.js';

/** A measurement that is stored already. */
export interface StoredMeasurement {
  readonly deviceIndex: number;
  readonly tsMs: number;
  readonly fingerprint: string;
  readonly retentionClass: RetentionClassCode;
  readonly metrics: readonly string[];
}

/** A measurement to store, merged with its copies in the batch: `duplicates` of them came beside it. */
export interface NewMeasurement extends Measurement {
  duplicates: number;
}

/** Copies of a stored measurement, merged; the row takes what they bring in a way that knows no order. */
export interface SeenAgain extends Measurement {
  /** Where the row is now; it moves to `retentionClass`, never to one that is kept less long. */
  readonly storedClass: RetentionClassCode;
  copies: number;
}

export interface DeviceCounts {
  stored: number;
  duplicates: number;
  conflicts: number;
  expired: number;
  evaluateOnly: number;
  /** Bits of the classes in which this batch stores something. */
  classes: number;
}

/** Measurements of a device that its profile wants evaluated and never stored. */
export interface EvaluatedOnly {
  readonly deviceIndex: number;
  readonly evaluateOnly: number;
}

export interface BatchPlan {
  readonly inserts: readonly NewMeasurement[];
  readonly seenAgain: readonly SeenAgain[];
  readonly counts: ReadonlyMap<number, DeviceCounts>;
  /** The latest of the measurements that are new in their class, per device, set of metric names and class. */
  readonly latest: readonly Measurement[];
  /** Stored ones that conflicts were counted against: as many only while these have all of their values. */
  readonly contested: readonly StoredMeasurement[];
}

type Entry =
  | { readonly kind: 'new'; readonly row: NewMeasurement }
  | { readonly kind: 'again'; readonly row: SeenAgain }
  | { readonly kind: 'stored'; readonly row: StoredMeasurement };

/** One device at one time. Nearly every moment has one measurement: the rest is made when a second one comes. */
interface Moment {
  readonly first: Entry;
  /** By fingerprint, the first one included. */
  all?: Map<string, Entry>;
  names?: Set<string>;
}

/**
 * Decides what a batch changes, given everything stored at the moments (device and time) that it touches.
 * The outcome of several batches together does not depend on how or in which order their measurements came.
 *
 * @param isExpired tells which measurements are too old to be kept: they are only counted.
 * @param evaluatedOnly is counted as it is: nothing is stored by which a copy could be known.
 */
export function planBatch(
  measurements: readonly Measurement[],
  stored: readonly StoredMeasurement[],
  isExpired: (measurement: Measurement) => boolean,
  evaluatedOnly: readonly EvaluatedOnly[] = [],
): BatchPlan {
  const moments = new Moments(stored);
  const counts = new Map<number, DeviceCounts>();
  const inserts: NewMeasurement[] = [];
  const seenAgain: SeenAgain[] = [];
  const contested = new Set<StoredMeasurement>();
  for (const { deviceIndex, evaluateOnly } of evaluatedOnly) countsOf(counts, deviceIndex).evaluateOnly += evaluateOnly;
  for (const measurement of measurements) {
    const count = countsOf(counts, measurement.deviceIndex);
    if (isExpired(measurement)) {
      count.expired += 1;
      continue;
    }
    count.classes |= classBit(measurement.retentionClass);
    const entry = moments.find(measurement);
    if (entry === undefined) {
      const row: NewMeasurement = { ...measurement, duplicates: 0 };
      inserts.push(row);
      count.stored += 1;
      const conflicts = moments.add(row, { kind: 'new', row });
      count.conflicts += conflicts;
      if (conflicts > 0) for (const one of moments.storedBeside(row)) contested.add(one);
      continue;
    }
    count.duplicates += 1;
    const copy = mergeCopy(entry, measurement);
    if (copy !== entry) moments.replace(measurement, copy);
    if (copy !== entry && copy.kind === 'again') seenAgain.push(copy.row);
  }
  const moved = seenAgain.filter((row) => row.retentionClass !== row.storedClass);
  return { inserts, seenAgain, counts, latest: latestOf([...inserts, ...moved]), contested: [...contested] };
}

/** Merges a copy into what is known of it; a stored row that is seen again for the first time becomes a new entry. */
function mergeCopy(entry: Entry, copy: Measurement): Entry {
  if (entry.kind === 'stored') {
    const storedClass = entry.row.retentionClass;
    const retentionClass = longerClass(storedClass, copy.retentionClass);
    return { kind: 'again', row: { ...copy, retentionClass, storedClass, copies: 1 } };
  }
  const { row } = entry;
  row.receivedAtMs = Math.min(row.receivedAtMs, copy.receivedAtMs);
  row.outOfRange = union(row.outOfRange, copy.outOfRange);
  row.retentionClass = longerClass(row.retentionClass, copy.retentionClass);
  if (entry.kind === 'new') entry.row.duplicates += 1;
  else entry.row.copies += 1;
  return entry;
}

/** The key of everything that one device measured at one time. */
export function momentKey(moment: { readonly deviceIndex: number; readonly tsMs: number }): string {
  return `${moment.deviceIndex}@${moment.tsMs}`;
}

type Place = Pick<StoredMeasurement, 'deviceIndex' | 'tsMs' | 'fingerprint'>;

class Moments {
  private readonly devices = new Map<number, Map<number, Moment>>();

  private storedByMoment: Map<string, StoredMeasurement[]> | undefined;

  constructor(private readonly stored: readonly StoredMeasurement[]) {
    for (const row of stored) this.add(row, { kind: 'stored', row });
  }

  /** What was stored at that moment before the batch. Only conflicts ask, so that hardly any batch pays for it. */
  storedBeside(place: Place): readonly StoredMeasurement[] {
    this.storedByMoment ??= Map.groupBy(this.stored, momentKey);
    return this.storedByMoment.get(momentKey(place)) ?? [];
  }

  find({ deviceIndex, tsMs, fingerprint }: Place): Entry | undefined {
    const moment = this.devices.get(deviceIndex)?.get(tsMs);
    if (moment === undefined) return undefined;
    if (moment.all !== undefined) return moment.all.get(fingerprint);
    return moment.first.row.fingerprint === fingerprint ? moment.first : undefined;
  }

  /** Returns how many of its metrics were named at that moment already. */
  add({ deviceIndex, tsMs, fingerprint }: Place, entry: Entry): number {
    let times = this.devices.get(deviceIndex);
    if (times === undefined) this.devices.set(deviceIndex, (times = new Map<number, Moment>()));
    const moment = times.get(tsMs);
    if (moment === undefined) {
      times.set(tsMs, { first: entry });
      return 0;
    }
    const { first } = moment;
    moment.all ??= new Map([[first.row.fingerprint, first]]);
    moment.names ??= new Set(first.row.metrics);
    moment.all.set(fingerprint, entry);
    let known = 0;
    for (const name of entry.row.metrics) {
      if (moment.names.has(name)) known += 1;
      else moment.names.add(name);
    }
    return known;
  }

  /** The same measurement, now with its copies. */
  replace({ deviceIndex, tsMs, fingerprint }: Place, entry: Entry): void {
    const times = this.devices.get(deviceIndex);
    const moment = times?.get(tsMs);
    if (moment?.all !== undefined) moment.all.set(fingerprint, entry);
    else times?.set(tsMs, { first: entry });
  }
}

function union(left: readonly string[], right: readonly string[]): readonly string[] {
  if (right.length === 0) return left;
  return [...new Set([...left, ...right])].sort();
}

function latestOf(rows: readonly Measurement[]): Measurement[] {
  const latest = new Map<string, Measurement>();
  for (const row of rows) {
    const key = `${row.deviceIndex}/${row.shape}/${row.retentionClass}`;
    const best = latest.get(key);
    if (best === undefined || compareRecency(row, best) > 0) latest.set(key, row);
  }
  return [...latest.values()];
}

function countsOf(all: Map<number, DeviceCounts>, deviceIndex: number): DeviceCounts {
  let counts = all.get(deviceIndex);
  if (counts === undefined) {
    counts = { stored: 0, duplicates: 0, conflicts: 0, expired: 0, evaluateOnly: 0, classes: 0 };
    all.set(deviceIndex, counts);
  }
  return counts;
}
