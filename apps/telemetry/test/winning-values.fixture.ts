import { type Rank, compareRank } from '../src/domain/measurement.js';

interface Named extends Rank {
  readonly values: Readonly<Record<string, unknown>>;
}

/** Told all at once, unlike the service does it: of measurements of one device and time: the one value per metric that readers see. */
export function winningValues(rows: readonly Named[], metrics?: ReadonlySet<string>): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const row of [...rows].sort((left, right) => compareRank(right, left))) {
    for (const [metric, value] of Object.entries(row.values)) {
      if (!values.has(metric) && (metrics === undefined || metrics.has(metric))) values.set(metric, value);
    }
  }
  return values;
}
