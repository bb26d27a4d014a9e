import type { PoolClient } from 'pg';
import type { HourFacts } from '../domain/hour-facts.js';
import type { HourMark } from '../domain/hour-marks.js';
import { classesOf, dayMs } from '../domain/retention.js';
import { delayMs, isOfHour } from './hour-rows.js';

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
  /** Where its rows were read already. */
  readonly facts?: HourFacts | undefined;
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
const judgedByRows = `
  stored AS MATERIALIZED (
    SELECT taken.*, m.ts, m.duplicates, m.out_of_range, m."values",
      ${delayMs} AS delay_ms,
      count(*) OVER (PARTITION BY taken.device_index, m.ts) > 1 AS shared
    FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[]) AS taken (device_index, hour, late_after_ms, expected)
    CROSS JOIN LATERAL stored_measurement(taken.device_index, $5, $6, $7) m
    WHERE ${isOfHour('taken.hour')}
  ), rivals AS (
    SELECT device_index, hour, sum(named - 1) AS conflicts
    FROM (SELECT device_index, hour, count(*) AS named FROM stored, jsonb_object_keys("values") AS metric
          WHERE shared GROUP BY device_index, hour, ts, metric) AS metrics
    GROUP BY device_index, hour
  ), counted AS (
    SELECT device_index, hour, count(*) AS count, sum(delay_ms)::bigint AS delay_sum_ms, min(delay_ms) AS delay_min_ms,
      max(delay_ms) AS delay_max_ms, percentile_disc(0.95) WITHIN GROUP (ORDER BY delay_ms) AS delay_p95_ms,
      count(*) FILTER (WHERE delay_ms > late_after_ms) AS late, sum(duplicates) AS duplicates,
      count(*) FILTER (WHERE cardinality(out_of_range) > 0) AS out_of_range,
      expected, count(DISTINCT ts) AS moments
    FROM stored GROUP BY device_index, hour, expected
  ), judged AS (
    SELECT counted.*, coalesce(conflicts, 0) AS conflicts FROM counted LEFT JOIN rivals USING (device_index, hour)
  )`;

const measures = [
  ...['count', 'delay_sum_ms', 'delay_min_ms', 'delay_max_ms', 'delay_p95_ms'],
  ...['late', 'duplicates', 'conflicts', 'out_of_range', 'expected'],
];
const factColumns = ['device_index', 'hour', ...measures, 'moments'];

const judgedByFacts = `
  judged AS (SELECT * FROM unnest($1::bigint[], $2::integer[], ${measures.map((_, nth) => `$${nth + 3}::bigint[]`).join(', ')},
    $${measures.length + 3}::bigint[]) AS fact (${factColumns.join(', ')}))`;

const qualities = [...measures, 'missing'];
const of = (row: string): string => qualities.map((column) => `${row}.${column}`).join(', ');

const judgeSql = (judged: string): string => `
  WITH ${judged}
  INSERT INTO data_quality AS q (device_index, hour, version, ${qualities.join(', ')})
  SELECT device_index, hour, 1, ${measures.join(', ')}, CASE WHEN expected IS NOT NULL THEN greatest(0, expected - moments) END
  FROM judged ORDER BY device_index, hour
  ON CONFLICT (device_index, hour) DO UPDATE SET version = q.version + 1,
    ${qualities.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}
  WHERE (${of('q')}) IS DISTINCT FROM (${of('EXCLUDED')})
  RETURNING device_index, hour, version, ${qualities.join(', ')}`;

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
  const unread = hours.filter(({ facts }) => facts === undefined);
  const ask = async (sql: string, parameters: unknown[]): Promise<JudgedHour[]> =>
    (await client.query<Record<string, string | number | null>>(sql, parameters)).rows.map(judgedHour);
  const byRows = await ask(judgeSql(judgedByRows), [
    unread.map((one) => one.deviceIndex),
    unread.map((one) => one.hour),
    unread.map((one) => one.lateAfterMs),
    unread.map((one) => one.expected ?? null),
    classesOf(classes),
    new Date(day * dayMs),
    new Date((day + 1) * dayMs),
  ]);
  const facts = hours.flatMap((one) => factsOf(one));
  const byFacts = await ask(
    judgeSql(judgedByFacts),
    factColumns.map((_, nth) => facts.map((fact) => fact[nth])),
  );
  return [...byRows, ...byFacts];
}

/** In the order of the columns; none of an hour without rows, or whose rows were not read. */
function factsOf({ deviceIndex, hour, lateAfterMs, expected, facts }: HourToJudge): (number | null)[][] {
  if (facts === undefined || facts.count === 0) return [];
  const { sumMs, minMs, maxMs, p95Ms, late } = facts.delays(lateAfterMs);
  const { count, duplicates, conflicts, outOfRange, moments } = facts;
  return [
    [
      ...[deviceIndex, hour, count, sumMs, minMs, maxMs, p95Ms],
      ...[late, duplicates, conflicts, outOfRange, expected ?? null, moments],
    ],
  ];
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
