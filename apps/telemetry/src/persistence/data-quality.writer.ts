import type { PoolClient } from 'pg';
import type { HourMark } from '../domain/hour-marks.js';
import { classesOf, dayMs } from '../domain/retention.js';

export interface NamedDevice {
  readonly tenant: string;
  readonly device: string;
  /** Of its latest report. */
  readonly profile: string | null;
}

export async function namesOf(client: PoolClient, indexes: readonly number[]): Promise<Map<number, NamedDevice>> {
  const { rows } = await client.query<NamedDevice & { index: string }>(
    'SELECT index, tenant, device, profile FROM device WHERE index = ANY($1::bigint[])',
    [indexes],
  );
  return new Map(rows.map(({ index, ...named }) => [Number(index), named]));
}

/** A device-hour to judge, and what its profile says. */
export interface HourToJudge extends HourMark {
  readonly lateAfterMs: number;
  /** Reports within an hour; undefined when the profile is not known. */
  readonly expected: number | undefined;
}

export interface JudgedHour extends HourMark {
  readonly version: number;
  readonly count: number;
  readonly delayMs: { readonly min: number; readonly avg: number; readonly max: number; readonly p95: number };
  readonly late: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly outOfRange: number;
  readonly expected: number | undefined;
  readonly missing: number | undefined;
}

/** Rows at a moment that another row shares are the only ones that can conflict. */
const judgeSql = `
  WITH stored AS MATERIALIZED (
    SELECT taken.*, m.ts, m.duplicates, m.out_of_range, m."values",
      (extract(epoch FROM m.received_at - m.ts) * 1000)::bigint AS delay_ms,
      count(*) OVER (PARTITION BY taken.device_index, m.ts) > 1 AS shared
    FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[]) AS taken (device_index, hour, late_after_ms, expected)
    CROSS JOIN LATERAL stored_measurement(taken.device_index, $5, $6, $7) m
    WHERE m.ts >= 'epoch'::timestamptz + taken.hour * interval '1 hour'
      AND m.ts < 'epoch'::timestamptz + (taken.hour + 1) * interval '1 hour'
  ), rivals AS (
    SELECT device_index, hour, sum(named - 1) AS conflicts
    FROM (SELECT device_index, hour, count(*) AS named FROM stored, jsonb_object_keys("values") AS metric
          WHERE shared GROUP BY device_index, hour, ts, metric) AS metrics
    GROUP BY device_index, hour
  ), judged AS (
    SELECT device_index, hour, count(*) AS count, sum(delay_ms)::bigint AS delay_sum_ms, min(delay_ms) AS delay_min_ms,
      max(delay_ms) AS delay_max_ms, percentile_disc(0.95) WITHIN GROUP (ORDER BY delay_ms) AS delay_p95_ms,
      count(*) FILTER (WHERE delay_ms > late_after_ms) AS late, sum(duplicates) AS duplicates,
      count(*) FILTER (WHERE cardinality(out_of_range) > 0) AS out_of_range,
      expected, greatest(0, expected - count(DISTINCT ts)) AS missing
    FROM stored GROUP BY device_index, hour, expected
  )
  INSERT INTO data_quality AS q (device_index, hour, version, count, delay_sum_ms, delay_min_ms, delay_max_ms,
    delay_p95_ms, late, duplicates, conflicts, out_of_range, expected, missing)
  SELECT device_index, hour, 1, count, delay_sum_ms, delay_min_ms, delay_max_ms, delay_p95_ms, late, duplicates,
    coalesce(conflicts, 0), out_of_range, expected, CASE WHEN expected IS NOT NULL THEN missing END
  FROM judged LEFT JOIN rivals USING (device_index, hour) ORDER BY device_index, hour
  ON CONFLICT (device_index, hour) DO UPDATE SET version = q.version + 1, count = EXCLUDED.count,
    delay_sum_ms = EXCLUDED.delay_sum_ms, delay_min_ms = EXCLUDED.delay_min_ms, delay_max_ms = EXCLUDED.delay_max_ms,
    delay_p95_ms = EXCLUDED.delay_p95_ms, late = EXCLUDED.late, duplicates = EXCLUDED.duplicates,
    conflicts = EXCLUDED.conflicts, out_of_range = EXCLUDED.out_of_range, expected = EXCLUDED.expected,
    missing = EXCLUDED.missing
  WHERE (q.count, q.delay_sum_ms, q.delay_min_ms, q.delay_max_ms, q.delay_p95_ms, q.late, q.duplicates, q.conflicts,
      q.out_of_range, q.expected, q.missing)
    IS DISTINCT FROM (EXCLUDED.count, EXCLUDED.delay_sum_ms, EXCLUDED.delay_min_ms, EXCLUDED.delay_max_ms,
      EXCLUDED.delay_p95_ms, EXCLUDED.late, EXCLUDED.duplicates, EXCLUDED.conflicts, EXCLUDED.out_of_range,
      EXCLUDED.expected, EXCLUDED.missing)
  RETURNING device_index, hour, version, count, delay_sum_ms, delay_min_ms, delay_max_ms, delay_p95_ms, late, duplicates,
    conflicts, out_of_range, expected, missing`;

/**
 * Judges hours of one UTC day by their rows, within the caller's transaction. Hours without a row are left as they are.
 * @param classes bits of the classes whose rows of that day are kept
 * @returns the hours whose quality is new or has changed
 */
export async function judgeHours(
  client: PoolClient,
  hours: readonly HourToJudge[],
  { day, classes }: { readonly day: number; readonly classes: number },
): Promise<JudgedHour[]> {
  const { rows } = await client.query<Record<string, string | number | null>>(judgeSql, [
    hours.map((one) => one.deviceIndex),
    hours.map((one) => one.hour),
    hours.map((one) => one.lateAfterMs),
    hours.map((one) => one.expected ?? null),
    classesOf(classes),
    new Date(day * dayMs),
    new Date((day + 1) * dayMs),
  ]);
  return rows.map(judgedHour);
}

/** From a row of `data_quality`. */
export function judgedHour(row: Readonly<Record<string, string | number | null>>): JudgedHour {
  const of = (column: string): number => Number(row[column]);
  const optional = (column: string): number | undefined => (row[column] === null ? undefined : of(column));
  return {
    deviceIndex: of('device_index'),
    hour: of('hour'),
    version: of('version'),
    count: of('count'),
    delayMs: {
      min: of('delay_min_ms'),
      avg: of('delay_sum_ms') / of('count'),
      max: of('delay_max_ms'),
      p95: of('delay_p95_ms'),
    },
    late: of('late'),
    duplicates: of('duplicates'),
    conflicts: of('conflicts'),
    outOfRange: of('out_of_range'),
    expected: optional('expected'),
    missing: optional('missing'),
  };
}

/** Forgets the quality of hours before `hour`, at most `most` of them. @returns how many */
export async function deleteQualityBefore(client: PoolClient, hour: number, most: number): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM data_quality WHERE (device_index, hour) IN
       (SELECT device_index, hour FROM data_quality WHERE hour < $1 ORDER BY hour LIMIT $2)`,
    [hour, most],
  );
  return rowCount ?? 0;
}
