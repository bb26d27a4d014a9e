export interface WinningValues {
  /** Relation `series` with the columns `index` and `device`, its position in the request. */
  readonly series: string;
  /** Relation `metric` with the columns `name` and `position`. */
  readonly metrics: string;
  readonly classes: string;
  /** Outer bounds: they let the planner leave out partitions before it opens them. */
  readonly from: string;
  readonly to: string;
  /** Of measurements `m`, where the bounds of a series are narrower. */
  readonly where?: string;
}

/** Columns `device`, `metric`, `ts` and `json`. Losers of a conflict are left out before anything is computed. */
export function winningValuesSql({ series, metrics, classes, from, to, where }: WinningValues): string {
  return `
    SELECT DISTINCT ON (series.device, metric.position, m.ts)
      series.device, metric.position AS metric, m.ts, m."values" -> metric.name AS json
    FROM ${series}
    CROSS JOIN LATERAL stored_measurement(series.index, ${classes}, ${from}, ${to}) m
    JOIN ${metrics} ON m."values" ? metric.name
    ${where === undefined ? '' : `WHERE ${where}`}
    ORDER BY series.device, metric.position, m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC`;
}
