import { type Rank, compareRank, compareRecency } from './measurement.js';

interface Named extends Rank {
  readonly tsMs: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Point {
  readonly tsMs: number;
  readonly values: ReadonlyMap<string, unknown>;
}

/** Turns rows in order of ts into one point per ts; a point without any wanted metric is left out. Holds what is seen, not what loses. */
export async function* points(rows: AsyncIterable<Named>, metrics?: ReadonlySet<string>): AsyncGenerator<Point> {
  let tsMs: number | undefined;
  let seen = new Map<string, Seen>();
  for await (const row of rows) {
    if (row.tsMs !== tsMs) {
      yield* pointOf(tsMs, seen);
      tsMs = row.tsMs;
      seen = new Map();
    }
    for (const [metric, value] of Object.entries(row.values)) {
      if (metrics !== undefined && !metrics.has(metric)) continue;
      const before = seen.get(metric);
      if (before === undefined || compareRank(row, before) > 0) {
        seen.set(metric, { seq: row.seq, fingerprint: row.fingerprint, value });
      }
    }
  }
  yield* pointOf(tsMs, seen);
}

type Seen = Rank & { readonly value: unknown };

function* pointOf(tsMs: number | undefined, seen: ReadonlyMap<string, Seen>): Generator<Point> {
  if (tsMs === undefined || seen.size === 0) return;
  yield { tsMs, values: new Map([...seen].map(([metric, { value }]) => [metric, value])) };
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
