import type { PoolClient } from 'pg';
import type { StoredMoment } from '../domain/cold-days.js';
import { dayStretches, daysAround } from '../domain/day-stretches.js';
import { type RetentionClassCode, dayMs, dayName, retentionClassNames } from '../domain/retention.js';

export interface StoredDay {
  readonly retentionClass: RetentionClassCode;
  /** Days since the epoch, UTC. */
  readonly day: number;
}

/** A place in the order of a partition's primary key; digits, because it may be greater than a safe integer. */
export interface Place {
  readonly deviceIndex: string;
  readonly ts: string;
}

export const beforeAll: Place = { deviceIndex: '-1', ts: '-infinity' };
const behindAll: Place = { deviceIndex: '9223372036854775807', ts: 'infinity' };

/** Measurements of a segment: enough to compress well, few enough to unfold for one of them. Fewer when they are large. */
const segmentMeasurements = 2_000;
const segmentBytes = 2_000_000;
/** Smaller segments, as late measurements leave them, are merged when their device's day is frozen again. */
const smallSegment = segmentMeasurements / 4;

const columns = 'device_index, ts, received_at, seq, fingerprint, duplicates, class, boot, out_of_range, "values"';

/** Plain partitions of the classes up to a day, oldest first, but for days with hours that wait for their filters. */
export async function plainDays(
  client: PoolClient,
  classes: readonly RetentionClassCode[],
  lastDay: number,
): Promise<StoredDay[]> {
  const { rows } = await client.query<{ code: RetentionClassCode; day: number }>(
    `SELECT kept.code, extract(epoch FROM partition_day(child.relname))::integer / 86400 AS day
     FROM unnest($1::text[], $2::smallint[]) AS kept (name, code)
     JOIN pg_inherits inherits ON inherits.inhparent = to_regclass('measurement_' || kept.name)
     JOIN pg_class child ON child.oid = inherits.inhrelid
     WHERE partition_day(child.relname) <= $3::date AND NOT EXISTS (
       SELECT FROM hour_to_filter noted
       WHERE noted.hour >= (partition_day(child.relname) - date 'epoch') * 24
         AND noted.hour < (partition_day(child.relname) - date 'epoch' + 1) * 24)
     ORDER BY day, code`,
    [classes.map((code) => retentionClassNames[code]), classes, dayName(lastDay)],
  );
  return rows.map(({ code, day }) => ({ retentionClass: code, day }));
}

/** Behind how far a slice of about so many measurements reaches; undefined when nothing is left. */
export async function sliceEnd(
  client: PoolClient,
  { retentionClass, day }: StoredDay,
  after: Place,
  measurements: number,
): Promise<Place | undefined> {
  const { rows } = await client.query<{ device_index: string; ts: string }>(
    `(SELECT device_index, ts::text FROM measurement
      WHERE class = $1 AND ts >= $2 AND ts < $3 AND (device_index, ts) > ($4::bigint, $5::timestamptz)
      ORDER BY device_index, ts, fingerprint LIMIT 1)
     UNION ALL
     (SELECT device_index, ts::text FROM measurement
      WHERE class = $1 AND ts >= $2 AND ts < $3 AND (device_index, ts) > ($4::bigint, $5::timestamptz)
      ORDER BY device_index, ts, fingerprint LIMIT 1 OFFSET $6)`,
    [retentionClass, new Date(day * dayMs), new Date((day + 1) * dayMs), after.deviceIndex, after.ts, measurements],
  );
  if (rows.length === 0) return undefined;
  return rows[1] === undefined ? behindAll : { deviceIndex: rows[1].device_index, ts: rows[1].ts };
}

export async function ensureSegmentPartition(client: PoolClient, { retentionClass, day }: StoredDay): Promise<void> {
  await client.query('SELECT ensure_segment_partition($1::smallint, $2::date)', [retentionClass, dayName(day)]);
}

/**
 * Small segments of the same devices, and whatever lies between, are melted and written anew with the plain measurements:
 * so segments of a device never overlap. Times are stored in milliseconds; a measurement that somebody else stored more
 * finely stays as it is. Arrays that hold nothing but the usual are left out.
 */
const freezeSql = `
  WITH plain AS (
    DELETE FROM measurement m
    WHERE m.class = $1 AND m.ts >= $2 AND m.ts < $3
      AND (m.device_index, m.ts) > ($4::bigint, $5::timestamptz) AND (m.device_index, m.ts) <= ($6::bigint, $7::timestamptz)
      AND m.ts = date_trunc('milliseconds', m.ts) AND m.received_at = date_trunc('milliseconds', m.received_at)
    RETURNING ${columns}
  ), rewritten AS (
    SELECT plain.device_index, least(plain.first_ts, min(s.first_ts)) AS first_ts,
      greatest(plain.last_ts, max(s.last_ts)) AS last_ts
    FROM (SELECT device_index, min(ts) AS first_ts, max(ts) AS last_ts FROM plain GROUP BY device_index) plain
    LEFT JOIN segment s ON s.device_index = plain.device_index AND s.class = $1 AND s.first_ts >= $2 AND s.first_ts < $3
      AND s.measurements < ${smallSegment}
    GROUP BY plain.device_index, plain.first_ts, plain.last_ts
  ), melted AS (
    DELETE FROM segment s USING rewritten
    WHERE s.device_index = rewritten.device_index AND s.class = $1 AND s.first_ts >= $2 AND s.first_ts < $3
      AND s.first_ts <= rewritten.last_ts AND s.last_ts >= rewritten.first_ts
    RETURNING s AS segment
  ), numbered AS (
    SELECT one.*, (row_number() OVER device - 1) / ${segmentMeasurements}
      + sum(pg_column_size("values")) OVER device / ${segmentBytes} AS part
    FROM (
      SELECT ${columns} FROM plain
      UNION ALL
      SELECT m.* FROM melted CROSS JOIN LATERAL segment_measurements(melted.segment) m
    ) one
    WINDOW device AS (PARTITION BY device_index ORDER BY ts, fingerprint ROWS UNBOUNDED PRECEDING)
  ), measured AS (
    SELECT *, row_number() OVER (PARTITION BY device_index, part ORDER BY ts, fingerprint) AS place,
      min(ts) OVER segment AS first_ts, max(ts) OVER segment AS last_ts, count(*) OVER segment AS measurements
    FROM numbered WINDOW segment AS (PARTITION BY device_index, part)
  ), stepped AS (
    SELECT *, round(extract(epoch FROM last_ts - first_ts) * 1000 / greatest(measurements - 1, 1))::integer AS step_ms
    FROM measured
  ), frozen AS (
    INSERT INTO segment (device_index, first_ts, last_ts, measurements, step_ms, class, boot, shifts, delays, seqs,
      fingerprints, duplicates, boots, flags, "values")
    SELECT device_index, first_ts, last_ts, measurements, step_ms, $1,
      CASE WHEN count(DISTINCT boot) = 1 AND count(boot) = measurements THEN min(boot) END,
      array_agg((extract(epoch FROM ts - first_ts) * 1000)::integer - place * step_ms ORDER BY place),
      array_agg((extract(epoch FROM received_at - ts) * 1000)::bigint ORDER BY place),
      CASE WHEN count(seq) > 0 THEN array_agg(seq - place ORDER BY place) END,
      array_agg(fingerprint ORDER BY place),
      CASE WHEN max(duplicates) > 0 THEN array_agg(duplicates ORDER BY place) END,
      CASE WHEN count(boot) > 0 AND (count(DISTINCT boot) > 1 OR count(boot) < measurements)
        THEN array_agg(boot ORDER BY place) END,
      CASE WHEN count(out_of_range) > 0 THEN array_agg(out_of_range::text ORDER BY place) END,
      array_agg("values" ORDER BY place)
    FROM stepped GROUP BY device_index, part, first_ts, last_ts, measurements, step_ms
    RETURNING measurements
  )
  SELECT count(*)::integer AS plain FROM plain`;

/**
 * Turns the plain measurements of a slice into segments, in the caller's transaction.
 * @returns how many measurements were frozen
 */
export async function freezeSlice(client: PoolClient, stored: StoredDay, after: Place, end: Place): Promise<number> {
  const { retentionClass, day } = stored;
  const bounds = [retentionClass, new Date(day * dayMs), new Date((day + 1) * dayMs)];
  // Segments first, measurements second, as a writer that thaws: the two never wait for each other in a circle.
  const places = [after.deviceIndex, after.ts, end.deviceIndex, end.ts];
  await client.query(
    `SELECT FROM segment s WHERE s.class = $1 AND s.first_ts >= $2 AND s.first_ts < $3 AND s.device_index IN (
       SELECT m.device_index FROM measurement m WHERE m.class = $1 AND m.ts >= $2 AND m.ts < $3
         AND (m.device_index, m.ts) > ($4::bigint, $5::timestamptz) AND (m.device_index, m.ts) <= ($6::bigint, $7::timestamptz))
     FOR UPDATE`,
    [...bounds, ...places],
  );
  const { rows } = await client.query<{ plain: number }>(freezeSql, [...bounds, ...places]);
  return rows[0]?.plain ?? 0;
}

export const thawSql = `
  WITH touched AS (
       DELETE FROM segment s USING unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS moment (device_index, ts_ms, class)
       WHERE s.device_index = moment.device_index AND s.class = moment.class
         AND s.first_ts <= 'epoch'::timestamptz + moment.ts_ms * interval '1 ms'
         AND s.last_ts >= 'epoch'::timestamptz + moment.ts_ms * interval '1 ms'
         AND s.first_ts >= $4 AND s.first_ts < $5 AND s.class = ANY ($3)
       RETURNING s AS segment
     )
     INSERT INTO measurement (${columns})
     SELECT m.* FROM touched t CROSS JOIN LATERAL segment_measurements(t.segment) m`;

/**
 * Turns the segments that reach over these moments back into plain measurements, in the caller's transaction. The days
 * need their plain partitions.
 * @returns how many measurements were thawed
 */
export async function thaw(client: PoolClient, moments: readonly StoredMoment[]): Promise<number> {
  let thawed = 0;
  for (const stretch of dayStretches(moments)) thawed += await thawStretch(client, stretch);
  return thawed;
}

async function thawStretch(client: PoolClient, moments: readonly StoredMoment[]): Promise<number> {
  const { firstMs, lastMs } = daysAround(moments);
  const { rowCount } = await client.query(thawSql, [
    moments.map(({ deviceIndex }) => deviceIndex),
    moments.map(({ tsMs }) => tsMs),
    moments.map(({ retentionClass }) => retentionClass),
    new Date(firstMs),
    new Date(lastMs + 1),
  ]);
  return rowCount ?? 0;
}

/** Makes the plain partition of a day that has segments. */
export async function reopenDay(client: PoolClient, { retentionClass, day }: StoredDay): Promise<void> {
  await client.query('SELECT reopen_day($1::smallint, $2::date)', [retentionClass, dayName(day)]);
}

/** Drops plain partitions that take no room any more, at most `most`, and returns their names. */
export async function dropEmptiedPartitions(client: PoolClient, most: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT drop_emptied_partitions($1) AS name', [most]);
  return rows.map((row) => row.name);
}
