import { differByMore } from './decimal-difference.js';
import { hourOf } from './hour-marks.js';
import { type Rank, compareRank } from './measurement.js';
import type { MetricFilter } from './profile-policy.js';

/** The last kept value of a metric, as far as filters ask for it. */
export interface LastKept {
  readonly tsMs: number;
  readonly kind: string;
  /** Absent for other kinds, and for numbers of hours that were decided before: deadbands do not reach over hours. */
  readonly number?: number | undefined;
}

/** A measurement before its device. */
export interface FilterableRow extends Rank {
  readonly tsMs: number;
  /** Received within its hour's lateness. What comes later is kept as it is, and nothing is held against it. */
  readonly onTime: boolean;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Values of a measurement that are discarded; of all its values: the whole measurement is. */
export interface Discard<Row> {
  readonly row: Row;
  readonly metrics: readonly string[];
}

/**
 * Decides which values of one device are redundant, moment by moment in order of time. The outcome depends on the
 * measurements that are on time and their times alone: where the hours are cut, and what comes late, changes nothing.
 */
export class DeviceFilter {
  private readonly last: Map<string, LastKept>;

  /** @param last what {@link remembered} returned for the hours before */
  constructor(
    private readonly filters: ReadonlyMap<string, MetricFilter>,
    last: ReadonlyMap<string, LastKept> = new Map(),
  ) {
    this.last = new Map(last);
  }

  /** @param moment everything that is stored of one time, later than the moment before */
  judge<Row extends FilterableRow>(moment: readonly Row[]): Discard<Row>[] {
    const redundant = new Map<Row, string[]>();
    for (const [metric, filter] of this.filters) {
      const [first, ...rivals] = moment.filter(({ onTime, values }) => onTime && Object.hasOwn(values, metric));
      if (first === undefined) continue;
      // Measurements that contradict each other stay as they are; readers see the winner.
      const seen = rivals.reduce((best, row) => (compareRank(row, best) > 0 ? row : best), first);
      const kept = keptAt(seen.tsMs, seen.values[metric]);
      if (rivals.length > 0 || !isRedundant(filter, kept, this.last.get(metric))) {
        this.last.set(metric, kept);
        continue;
      }
      redundant.set(first, [...(redundant.get(first) ?? []), metric]);
    }
    return [...redundant].map(([row, metrics]) => ({ row, metrics }));
  }

  /** What must be known to go on with the hours from `fromMs` on. */
  remembered(fromMs: number): Map<string, LastKept> {
    const isNeeded = ([metric, { tsMs }]: readonly [string, LastKept]): boolean =>
      tsMs + (this.filters.get(metric)?.minimumIntervalMs ?? 0) > fromMs;
    return new Map([...this.last].filter(isNeeded).map(([metric, { tsMs, kind }]) => [metric, { tsMs, kind }]));
  }
}

/** The first value of a metric and a change of kind never are. */
function isRedundant(filter: MetricFilter, value: LastKept, last: LastKept | undefined): boolean {
  if (last === undefined || last.kind !== value.kind) return false;
  const { minimumIntervalMs = 0, deadband } = filter;
  if (value.tsMs - last.tsMs < minimumIntervalMs) return true;
  if (deadband === undefined || value.number === undefined || last.number === undefined) return false;
  // Every hour shows a flat line again: its aggregates are never those of no values.
  return hourOf(value.tsMs) === hourOf(last.tsMs) && !differByMore(value.number, last.number, deadband);
}

function keptAt(tsMs: number, value: unknown): LastKept {
  if (typeof value === 'number') return { tsMs, kind: 'number', number: value };
  return { tsMs, kind: Array.isArray(value) ? 'array' : typeof value };
}
