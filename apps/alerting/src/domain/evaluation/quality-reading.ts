import type { QualityMetric } from '../rules/rule.js';
import type { Reading } from './reading.js';

const hourMs = 3_600_000;

/** What telemetry says of a device's hour (`data-quality-measured`), as far as rules look at it. */
export interface MeasuredHour {
  /** The device's, which is another one when it was registered anew. */
  readonly index: number;
  /** Start of the hour, ISO 8601. */
  readonly hour: string;
  readonly version: number;
  readonly count: number;
  readonly delayMs: { readonly avg: number; readonly max: number; readonly p95: number };
  readonly late: number;
  readonly expected?: number;
  readonly missing?: number;
}

/** The hour as a reading of its end. One that is corrected later is another reading of the same instant, with a greater `seq`. */
export function readingOfHour({
  index,
  hour,
  version,
  count,
  delayMs,
  late,
  expected,
  missing,
}: MeasuredHour): Reading {
  const values: { [Metric in QualityMetric]?: number } = {
    '$quality.delayAvgMs': delayMs.avg,
    '$quality.delayP95Ms': delayMs.p95,
    '$quality.delayMaxMs': delayMs.max,
    ...(count > 0 ? { '$quality.lateShare': late / count } : {}),
    ...(expected !== undefined && expected > 0 && missing !== undefined
      ? { '$quality.missingShare': missing / expected }
      : {}),
  };
  return { ts: Date.parse(hour) + hourMs, boot: String(index), seq: version, values };
}
