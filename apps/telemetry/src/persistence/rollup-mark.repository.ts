import type { PoolClient } from 'pg';
import { daysPerStatement } from '../domain/day-stretches.js';
import type { HourMark } from '../domain/hour-marks.js';
import { classesOf, dayMs } from '../domain/retention.js';
import { askOf } from './read.js';
import { type HourToRollUp, mostMetricsBySeries } from './rollup.repository.js';
import { storableDays } from './stretches.js';
import { isOfHour } from './hour-rows.js';

export interface DueHours {
  /** Of the database's clock. */
  readonly nowMs: number;
  readonly hours: readonly HourMark[];
}

/**
 * Marked device-hours of the earliest UTC day that has any, at most `most`: those that every writer holds closed. What a
 * transaction stored that set one of these marks, or that relied on one, is seen by the caller's snapshot.
 */
export async function dueHours(client: PoolClient, most: number): Promise<DueHours> {
  const { rows } = await client.query<{ device_index: string; hour: number; now_ms: string }>(
    `WITH closed AS MATERIALIZED (SELECT min(open_hour) AS before_hour FROM position),
       earliest AS MATERIALIZED (
         SELECT hour / 24 * 24 + 24 AS next_day FROM rollup_mark
         WHERE hour < (SELECT before_hour FROM closed) ORDER BY hour LIMIT 1)
     SELECT DISTINCT hour, device_index, extract(epoch FROM now()) * 1000 AS now_ms FROM rollup_mark
     WHERE hour < (SELECT before_hour FROM closed) AND hour < (SELECT next_day FROM earliest)
     ORDER BY hour, device_index LIMIT $1`,
    [most],
  );
  return {
    nowMs: Number(rows[0]?.now_ms ?? 0),
    hours: rows.map((row) => ({ deviceIndex: Number(row.device_index), hour: row.hour })),
  };
}

/** Which rows of a UTC day are kept. */
export interface KeptRows {
  /** Days since the epoch. */
  readonly day: number;
  /** Bits. */
  readonly classes: number;
}

/**
 * Adds what rows of which classes are stored of each device-hour; of classes that are past their retention none. Latest
 * values name the metrics of nearly all: it is cheaper to see that none is missing than to ask every row for its names.
 */
export async function storedOf(
  client: PoolClient,
  hours: readonly HourMark[],
  { day, classes }: KeptRows,
): Promise<HourToRollUp[]> {
  const { rows } = await client.query<StoredHour>(
    `SELECT found.*, CASE WHEN found.told THEN known.metrics END AS metrics
     FROM unnest($1::bigint[], $2::integer[]) WITH ORDINALITY AS taken (device_index, hour, position)
     CROSS JOIN LATERAL (
       SELECT array_agg(name) AS metrics FROM (
         SELECT DISTINCT name FROM latest l CROSS JOIN LATERAL jsonb_object_keys(l."values") AS name
         WHERE l.device_index = taken.device_index LIMIT ${mostMetricsBySeries}) AS names) AS known
     CROSS JOIN LATERAL (
       SELECT count(*) AS rows, count(*) FILTER (WHERE m."values" <> '{}') AS kept,
         coalesce(bit_or(1 << m.class), 0) AS classes, bool_and(m."values" - known.metrics = '{}') AS told
       FROM stored_measurement(taken.device_index, $3, $4, $5) m
       WHERE ${isOfHour('taken.hour')}) AS found
     ORDER BY taken.position`,
    [
      hours.map((one) => one.deviceIndex),
      hours.map((one) => one.hour),
      classesOf(classes),
      new Date(day * dayMs),
      new Date((day + 1) * dayMs),
    ],
  );
  return hours.map((one, at) => ({
    ...one,
    rows: Number(rows[at]?.rows),
    kept: Number(rows[at]?.kept),
    classes: Number(rows[at]?.classes),
    metrics: rows[at]?.metrics ?? undefined,
  }));
}

interface StoredHour {
  readonly rows: string;
  readonly kept: string;
  readonly classes: number;
  readonly metrics: string[] | null;
}

/** Takes away the marks that the caller's snapshot has of these hours, no later ones. */
export async function deleteMarks(client: PoolClient, hours: readonly HourMark[]): Promise<void> {
  await client.query(
    `DELETE FROM rollup_mark m USING unnest($1::bigint[], $2::integer[]) AS taken (device_index, hour)
     WHERE m.device_index = taken.device_index AND m.hour = taken.hour`,
    [hours.map((one) => one.deviceIndex), hours.map((one) => one.hour)],
  );
}

/** Notes which of these hours hold rows of several classes: what merges of those cannot be told from rollups. */
export async function noteMixedHours(client: PoolClient, hours: readonly HourToRollUp[]): Promise<void> {
  await client.query(
    `DELETE FROM mixed_hour m USING unnest($1::bigint[], $2::integer[]) AS taken (device_index, hour)
     WHERE m.device_index = taken.device_index AND m.hour = taken.hour`,
    [hours.map((one) => one.deviceIndex), hours.map((one) => one.hour)],
  );
  const mixed = hours.filter(({ classes }) => classesOf(classes).length > 1);
  if (mixed.length === 0) return;
  await client.query(
    `INSERT INTO mixed_hour (device_index, hour, classes)
     SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[])`,
    [mixed.map((one) => one.deviceIndex), mixed.map((one) => one.hour), mixed.map((one) => one.classes)],
  );
}

/** Forgets mixed hours of which nothing is kept any more, not even rollups. */
export async function deleteOverMixedHours(client: PoolClient): Promise<void> {
  await client.query(
    `DELETE FROM mixed_hour m WHERE m.hour < (extract(epoch FROM now()) / 3600)::integer - 24 * (
       SELECT coalesce(max(rollup_kept_days('hour', code::smallint)), 1826) + 2 FROM generate_series(0, 3) AS code
       WHERE m.classes & (1 << code) <> 0)`,
  );
}

/** Devices of which something is stored that no mark tells of: by a version without marks. In no order. */
export async function unmarkedDevices(client: PoolClient, most: number): Promise<number[]> {
  const { rows } = await client.query<{ index: string }>('SELECT index FROM device WHERE stored > marked LIMIT $1', [
    most,
  ]);
  return rows.map((row) => Number(row.index));
}

/**
 * Marks every hour of which the device has rows, and of segments those that they reach over: they need not be unfolded, and
 * a mark without rows costs nothing. A stretch of days at a time, each a transaction that opens few partitions.
 *
 * Only what was unmarked before is marked after it: what a writer without marks stores meanwhile leaves the device unmarked.
 */
export async function markWholeDevice(client: PoolClient, deviceIndex: number): Promise<void> {
  const ask = askOf(client);
  const [device] = await ask<{ unmarked: string }>('SELECT stored - marked AS unmarked FROM device WHERE index = $1', [
    deviceIndex,
  ]);
  const classes = classesOf(0b1111);
  const days = await storableDays(ask, classes);
  for (let fromMs = days?.fromMs ?? 0; fromMs < (days?.toMs ?? 0); fromMs += daysPerStatement * dayMs) {
    const bounds = [new Date(fromMs), new Date(fromMs + daysPerStatement * dayMs)];
    await client.query(markStretchSql, [deviceIndex, classes, ...bounds]);
  }
  await client.query('UPDATE device SET marked = marked + $2 WHERE index = $1', [deviceIndex, device?.unmarked ?? 0]);
}

const markStretchSql = `
  INSERT INTO rollup_mark (device_index, hour)
  SELECT $1, hour FROM (
    SELECT floor(extract(epoch FROM m.ts) / 3600)::integer AS hour FROM measurement m
    WHERE m.device_index = $1 AND m.class = ANY ($2::smallint[]) AND m.ts >= $3 AND m.ts < $4
    UNION
    SELECT generate_series(floor(extract(epoch FROM s.first_ts) / 3600)::integer, floor(extract(epoch FROM s.last_ts) / 3600)::integer)
    FROM segment s WHERE s.device_index = $1 AND s.class = ANY ($2::smallint[]) AND s.first_ts >= $3 AND s.first_ts < $4
  ) AS stored`;
