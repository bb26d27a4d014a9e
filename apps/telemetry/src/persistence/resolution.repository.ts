import type { PoolClient } from 'pg';
import { hourMs, hourOf } from '../domain/hour-marks.js';
import { type Coverage, type RollupLevel } from '../domain/resolution.js';
import { classBit, retentionClassCodes } from '../domain/retention.js';

const { summary } = retentionClassCodes;

/** A device index, and the place in the request of the device that it stands or stood for. */
export interface Series {
  readonly index: number;
  readonly device: number;
}

export interface CoverageRequest {
  readonly series: readonly Series[];
  readonly metrics: readonly string[];
  readonly level: RollupLevel;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Marked hours; mixed ones while their rows are there; those in which a device has rows of several registrations;
 * for minutes those that have none. A day with any of them, or with a note of no classes, is told by its hours.
 */
const rowsOnlySql = `
  WITH series AS (SELECT * FROM unnest($1::bigint[], $2::integer[]) AS series (index, device)),
  rolled_up AS (
    SELECT DISTINCT series.index, series.device, r.has_minutes, (date_part('epoch', r.start) / 3600)::integer AS hour
    FROM series JOIN rollup_hour r ON r.device_index = series.index
    WHERE ($6 OR series.device IN (SELECT device FROM series GROUP BY device HAVING count(*) > 1))
      AND (NOT $6 OR r.metric = ANY($5::text[]) OR series.device IN (SELECT device FROM series GROUP BY device HAVING count(*) > 1))
      AND r.start >= $7 AND r.start < $8
  ), marked AS (
    SELECT DISTINCT series.index, series.device, m.hour FROM series JOIN rollup_mark m ON m.device_index = series.index
    WHERE m.hour BETWEEN $3 AND $4
  )
  SELECT index, hour, true AS rows_only FROM marked
  UNION ALL
  SELECT series.index, m.hour,
    m.classes <> 0 AND NOT (m.classes & ${classBit(summary)} <> 0 AND m.hour < ((now() AT TIME ZONE 'UTC')::date - date 'epoch' - kept_days(${summary}::smallint)) * 24)
  FROM series JOIN mixed_hour m ON m.device_index = series.index WHERE m.hour BETWEEN $3 AND $4
  UNION ALL
  SELECT index, hour, true FROM rolled_up WHERE $6 AND NOT has_minutes
  UNION ALL
  SELECT series.index, shared.hour, true
  FROM (SELECT device, hour FROM (SELECT index, device, hour FROM rolled_up UNION SELECT index, device, hour FROM marked) AS used
    GROUP BY device, hour HAVING count(DISTINCT index) > 1) AS shared
  JOIN series ON series.device = shared.device`;

/** What the rollups tell of each series, in the caller's snapshot; undefined: nothing, a version without marks stored for it. */
export async function coverageOf(
  client: PoolClient,
  { series, metrics, level, fromMs, toMs }: CoverageRequest,
): Promise<Map<number, Coverage | undefined>> {
  const indexes = series.map((one) => one.index);
  const unmarked = await client.query<{ index: string }>(
    'SELECT index FROM device WHERE index = ANY($1::bigint[]) AND stored > marked',
    [indexes],
  );
  const { rows } = await client.query<{ index: string; hour: number; rows_only: boolean }>(rowsOnlySql, [
    ...[indexes, series.map((one) => one.device), hourOf(fromMs), hourOf(toMs), metrics, level === 'minute'],
    ...[new Date(hourOf(fromMs) * hourMs), new Date((hourOf(toMs) + 1) * hourMs)],
  ]);
  const covered = new Map(
    indexes.map((index) => [index, { level, rowsOnly: new Set<number>(), hoursOnly: new Set<number>() }]),
  );
  for (const { index, hour, rows_only } of rows) {
    const coverage = covered.get(Number(index));
    if (rows_only) coverage?.rowsOnly.add(hour);
    coverage?.hoursOnly.add(Math.floor(hour / 24));
  }
  const untold = new Set(unmarked.rows.map((row) => Number(row.index)));
  return new Map(indexes.map((index) => [index, untold.has(index) ? undefined : covered.get(index)]));
}
