import { type Rank, compareRank, compareRecency } from './measurement.js';

interface Named extends Rank {
  readonly tsMs: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Point {
  readonly tsMs: number;
  readonly values: ReadonlyMap<string, unknown>;
}

/** Of measurements of one device and time: the one value per metric that readers see. */
export function winningValues(rows: readonly Named[], metrics?: ReadonlySet<string>): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const row of [...rows].sort((left, right) => compareRank(right, left))) {
    for (const [metric, value] of Object.entries(row.values)) {
      if (!values.has(metric) && (metrics === undefined || metrics.has(metric))) values.set(metric, value);
    }
  }
  return values;
}

/** Turns rows in order of ts into one point per ts; a point without any wanted metric is left out. */
export async function* points(rows: AsyncIterable<Named>, metrics?: ReadonlySet<string>): AsyncGenerator<Point> {
  let moment: Named[] = [];
  for await (const row of rows) {
    const [first] = moment;
    if (first !== undefined && first.tsMs !== row.tsMs) {
      yield* pointOf(moment, metrics);
      moment = [];
    }
    moment.push(row);
  }
  yield* pointOf(moment, metrics);
}

function* pointOf(moment: readonly Named[], metrics: ReadonlySet<string> | undefined): Generator<Point> {
  const [first] = moment;
  if (first === undefined) return;
  const values = winningValues(moment, metrics);
  if (values.size > 0) yield { tsMs: first.tsMs, values };
}

export interface LatestValue {
  readonly tsMs: number;
  readonly value: unknown;
}

/** The latest value per metric: by ts, then by the rule of {@link compareRank}. */
export function latestValues(rows: readonly Named[]): Map<string, LatestValue> {
  const latest = new Map<string, LatestValue>();
  for (const row of [...rows].sort((left, right) => compareRecency(right, left))) {
    for (const [metric, value] of Object.entries(row.values)) {
      if (!latest.has(metric)) latest.set(metric, { tsMs: row.tsMs, value });
    }
  }
  return latest;
}
