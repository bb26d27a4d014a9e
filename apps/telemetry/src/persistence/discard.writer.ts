import type { PoolClient } from 'pg';
import { daysAround } from '../domain/day-stretches.js';
import type { FilterableRow } from '../domain/filters.js';
import type { HourMark } from '../domain/hour-marks.js';
import { type RetentionClassCode, classesOf, dayMs } from '../domain/retention.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import { fetchedLots } from './fetched-lots.js';
import { isOfHour } from './hour-rows.js';

/** Device-hours of one UTC day that are decided. */
export interface HoursToDecide {
  /** Days since the epoch. */
  readonly day: number;
  /** Bits of the classes whose rows of that day are kept. */
  readonly classes: number;
  /** What was received from `lateFromMs` on is late. */
  readonly hours: readonly (HourMark & { readonly lateFromMs: number })[];
}

export interface RowToDecide extends FilterableRow {
  readonly deviceIndex: number;
  readonly retentionClass: RetentionClassCode;
}

export const rowsToDecideSql = `
  SELECT taken.device_index, extract(epoch FROM m.ts) * 1000 AS ts_ms, m.seq, m.fingerprint::text AS fingerprint, m.class,
    m.received_at < 'epoch'::timestamptz + taken.late_from_ms * interval '1 ms' AS on_time, m."values"
  FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) WITH ORDINALITY AS taken (device_index, hour, late_from_ms, place)
  CROSS JOIN LATERAL stored_measurement(taken.device_index, $4, $5, $6) m
  WHERE ${isOfHour('taken.hour')}
  ORDER BY taken.place, m.ts, m.fingerprint`;

const rowsPerFetch = 2_000;

/** In the order of the hours, then of ts; fetched while they are taken, within the caller's transaction, as they are now. */
export async function* rowsToDecide(
  client: PoolClient,
  { day, classes, hours }: HoursToDecide,
): AsyncGenerator<RowToDecide> {
  const parameters = [
    hours.map((one) => one.deviceIndex),
    hours.map((one) => one.hour),
    hours.map((one) => one.lateFromMs),
    classesOf(classes),
    new Date(day * dayMs),
    new Date((day + 1) * dayMs),
  ];
  for await (const lot of fetchedLots<StoredRow>(client, rowsToDecideSql, parameters, { rows: rowsPerFetch }))
    for (const row of lot) yield rowOf(row);
}

interface StoredRow {
  readonly device_index: string;
  readonly ts_ms: string;
  readonly seq: string | null;
  readonly fingerprint: string;
  readonly class: RetentionClassCode;
  readonly on_time: boolean;
  readonly values: Record<string, unknown>;
}

function rowOf(row: StoredRow): RowToDecide {
  return {
    deviceIndex: Number(row.device_index),
    tsMs: Number(row.ts_ms),
    seq: row.seq === null ? undefined : Number(row.seq),
    fingerprint: row.fingerprint,
    retentionClass: row.class,
    onTime: row.on_time,
    values: row.values,
  };
}

/** Values to take out of a stored measurement. */
export interface ValuesToDiscard extends Pick<RowToDecide, 'deviceIndex' | 'tsMs' | 'fingerprint' | 'retentionClass'> {
  readonly metrics: readonly string[];
}

/**
 * What is left of a measurement without values is what copies are known by, and what its quality is judged by. It goes
 * with its partition.
 */
export const discardSql = `
  UPDATE measurement m SET "values" = m."values" - string_to_array(discarded.metrics, ',')
  FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[])
    AS discarded (device_index, ts_ms, fingerprint, class, metrics)
  WHERE m.device_index = discarded.device_index AND m.ts = 'epoch'::timestamptz + discarded.ts_ms * interval '1 ms'
    AND m.fingerprint = discarded.fingerprint AND m.class = discarded.class
    AND m.ts BETWEEN $6 AND $7 AND m.class = ANY($8::smallint[])`;

/** @throws TelemetryError telemetry.partition-missing: a measurement went elsewhere meanwhile; to be decided anew */
export async function discardValues(client: PoolClient, rows: readonly ValuesToDiscard[]): Promise<void> {
  const { firstMs, lastMs } = daysAround(rows);
  const { rowCount } = await client.query(discardSql, [
    rows.map((row) => row.deviceIndex),
    rows.map((row) => row.tsMs),
    rows.map((row) => row.fingerprint),
    rows.map((row) => row.retentionClass),
    rows.map((row) => row.metrics.join(',')),
    new Date(firstMs),
    new Date(lastMs),
    [...new Set(rows.map((row) => row.retentionClass))],
  ]);
  if (rowCount !== rows.length) {
    throw TelemetryError.retryable('telemetry.partition-missing', 'a measurement is gone since it was judged', {
      details: { expected: rows.length, found: rowCount },
    });
  }
}

/**
 * How many conflicts are none any more, by device: the discarded value contradicted one of a late measurement, which is the
 * only one now. Asked behind the discarding: writers that contradict a row hold it until they have ended.
 */
const settledSql = `
  SELECT discarded.device_index, count(*) AS settled
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS discarded (device_index, ts_ms, metrics)
  CROSS JOIN LATERAL unnest(string_to_array(discarded.metrics, ',')) AS metric
  WHERE EXISTS (
    SELECT FROM stored_measurement(discarded.device_index, $4, $5, $6) m
    WHERE m.ts = 'epoch'::timestamptz + discarded.ts_ms * interval '1 ms' AND m."values" ? metric)
  GROUP BY discarded.device_index`;

/** @param rows of one UTC day, discarded already */
export async function settledConflicts(
  client: PoolClient,
  rows: readonly ValuesToDiscard[],
  { day, classes }: Pick<HoursToDecide, 'day' | 'classes'>,
): Promise<Map<number, number>> {
  const found = await client.query<{ device_index: string; settled: string }>(settledSql, [
    rows.map((row) => row.deviceIndex),
    rows.map((row) => row.tsMs),
    rows.map((row) => row.metrics.join(',')),
    classesOf(classes),
    new Date(day * dayMs),
    new Date((day + 1) * dayMs),
  ]);
  return new Map(found.rows.map(({ device_index, settled }) => [Number(device_index), Number(settled)]));
}

/** What filters discarded of a device. */
export interface FilteredCounts {
  readonly deviceIndex: number;
  measurements: number;
  values: number;
  settledConflicts: number;
}

/** Moves what was discarded from one count to another; in the order in which writers lock devices. */
export async function countFiltered(client: PoolClient, counts: readonly FilteredCounts[]): Promise<void> {
  const sorted = [...counts].sort((left, right) => left.deviceIndex - right.deviceIndex);
  await client.query(
    `UPDATE device d SET stored = d.stored - gone.measurements, marked = d.marked - gone.measurements,
       filtered = d.filtered + gone.measurements, filtered_values = d.filtered_values + gone.discarded,
       conflicts = d.conflicts - gone.settled
     FROM (SELECT one.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
         AS one (device_index, measurements, discarded, settled)
       JOIN device locked ON locked.index = one.device_index ORDER BY one.device_index FOR UPDATE OF locked) AS gone
     WHERE d.index = gone.device_index`,
    [
      sorted.map((one) => one.deviceIndex),
      sorted.map((one) => one.measurements),
      sorted.map((one) => one.values),
      sorted.map((one) => one.settledConflicts),
    ],
  );
}
