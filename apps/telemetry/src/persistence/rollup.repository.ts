import type { PoolClient } from 'pg';
import type { HourFacts } from '../domain/hour-facts.js';
import { type HourMark, hourMs } from '../domain/hour-marks.js';
import type { RollupLevel } from '../domain/resolution.js';
import { type RetentionClassCode, classesOf, dayMs } from '../domain/retention.js';
import { type DenseHour, type Piece, readHour } from './dense-hour.repository.js';
import { isOfHour, startOfHour } from './hour-rows.js';
import { allMoments, mergeSql, mergedPieces, msOf, numberOf, rollupPieces, valuePieces } from './moments.js';

/** A device-hour and what is stored of it. */
export interface HourToRollUp extends HourMark {
  readonly rows: number;
  /** Those of which filters have left something. */
  readonly kept: number;
  /** Bits of the classes of its rows. */
  readonly classes: number;
  /** Every metric of its rows, and perhaps more; undefined when they are not known, or many. */
  readonly metrics: readonly string[] | undefined;
  /** Of hours whose rows were read. */
  readonly facts?: HourFacts | undefined;
}

/** Device-hours of one UTC day. */
export interface HoursOfDay {
  /** Days since the epoch. */
  readonly day: number;
  /** Bits of the classes whose rows of that day are kept. */
  readonly classes: number;
  /** Bits of those that have rollups of minutes. */
  readonly minuteClasses: number;
  readonly hours: readonly HourToRollUp[];
}

/** The first hours that have so many rows together, at least one hour. */
export function upTo(most: number, hours: readonly HourToRollUp[]): HourToRollUp[] {
  let rows = 0;
  const end = hours.findIndex((one, index) => (rows += one.rows) > most && index > 0);
  return end === -1 ? [...hours] : hours.slice(0, end);
}

/** A rollup of a minute that stands for fewer rows than this is dearer than they are: such hours have none. */
const worthwhileRowsPerMinute = 4;

/**
 * Makes the rollups of these device-hours anew from their rows, and those of their days from the hours; within the
 * caller's transaction, which nobody else may be at, with one snapshot for the marks and the rows. A day is left for the
 * last of its marks: until then nobody reads it. Rollups of a class whose rows are gone stay as they are.
 * @param denseRows hours with so many rows and more are read once and added up here, not by the database
 * @returns the same hours, with the facts of those that were read
 */
export async function rollUpHours(
  client: PoolClient,
  taken: HoursOfDay,
  denseRows = usualDenseRows,
): Promise<HoursOfDay> {
  const { hours, day } = taken;
  const devices = hours.map((one) => one.deviceIndex);
  const numbers = hours.map((one) => one.hour);
  const classes = classesOf(taken.classes);
  const bounds = [new Date(day * dayMs), new Date((day + 1) * dayMs)];
  const everyClass = classesOf(0b1111);
  for (const level of ['minute', 'hour']) {
    await client.query(deleteHoursSql(level), [devices, numbers, classes, ...bounds]);
  }
  const factsOf = await rollUpFromRows(client, taken, [classes, ...bounds], denseRows);
  const read = { ...taken, hours: hours.map((one) => ({ ...one, facts: factsOf.get(one) })) };
  const { rows } = await client.query<{ index: string }>(completeDaysSql, [devices, day * 24, day * 24 + 23]);
  const complete = rows.map((row) => row.index);
  if (complete.length === 0) return read;
  await client.query(
    'DELETE FROM rollup_day WHERE device_index = ANY($1::bigint[]) AND class = ANY($2::smallint[]) AND start = $3',
    [complete, everyClass, bounds[0]],
  );
  await client.query(rollUpDaysSql, [complete, everyClass, ...bounds]);
  await client.query('DELETE FROM mixed_hour WHERE device_index = ANY($1::bigint[]) AND hour = $2 AND classes = 0', [
    complete,
    day * 24,
  ]);
  await client.query(noteMixedDaysSql, [complete, bounds[0]]);
  return read;
}

/** Fewer are not worth a statement of their own. */
const usualDenseRows = 1_000;

/** A row that names few of its device's metrics is looked at once for each of them: with more than so many it is taken apart instead. */
export const mostMetricsBySeries = 32;

/** @returns the facts of the hours that were read */
async function rollUpFromRows(
  client: PoolClient,
  { hours, minuteClasses }: HoursOfDay,
  kept: readonly unknown[],
  denseRows: number,
): Promise<Map<HourToRollUp, HourFacts>> {
  const marked = hours.map((hour) => ({
    ...{ hour, device: hour.deviceIndex, number: hour.hour, codes: classesOf(hour.classes) },
    worthwhile: hour.kept >= worthwhileRowsPerMinute * 60 && (hour.classes & ~minuteClasses) === 0,
  }));
  const factsOf = new Map<HourToRollUp, HourFacts>();
  for (const { hour, worthwhile } of marked)
    if (isDense(hour, denseRows)) factsOf.set(hour, await rollUpDense(client, { ...hour, worthwhile }, kept));
  const sparse = marked.filter(({ hour }) => !factsOf.has(hour));
  const series = sparse.flatMap((one) =>
    one.codes.flatMap((code) => (one.hour.metrics ?? []).map((metric) => ({ ...one, code, metric }))),
  );
  const others = sparse.filter(({ hour }) => hour.metrics === undefined);
  for (const [sql, some, more] of [
    [rollUpSql(minutesOfSeriesSql), series, [series.map((one) => one.code), series.map((one) => one.metric)]],
    [rollUpSql(minutesOfRowsSql), others, []],
  ] as const) {
    if (some.length === 0) continue;
    const [devices, numbers] = [some.map((one) => one.device), some.map((one) => one.number)];
    await client.query(sql, [devices, numbers, ...kept, some.map((one) => one.worthwhile), ...more]);
  }
  return factsOf;
}

function isDense(hour: HourToRollUp, denseRows: number): hour is HourToRollUp & { metrics: readonly string[] } {
  return hour.metrics !== undefined && hour.rows >= denseRows;
}

async function rollUpDense(client: PoolClient, hour: DenseHour, kept: readonly unknown[]): Promise<HourFacts> {
  const { pieces, facts } = await readHour(client, hour, kept);
  const columnOf = (column: keyof Piece): unknown[] => pieces.map((piece) => piece[column]);
  const parameters = [hour.deviceIndex, hour.worthwhile, ...pieceColumns.map(columnOf)];
  if (pieces.length > 0) await client.query(rollUpSql(piecesSql), parameters);
  return facts;
}

const pieceColumns = ['class', 'metric', 'start_ms', 'first_ms', 'last_ms', ...allMoments] as const;

const piecesSql = `
  SELECT $1::bigint AS device_index, $2::boolean AS worthwhile, piece.*
  FROM unnest(${pieceColumns.map((column, nth) => `$${nth + 3}::${pieceTypeOf(column)}[]`).join(', ')})
    AS piece (${pieceColumns.join(', ')})`;

function pieceTypeOf(column: (typeof pieceColumns)[number]): string {
  if (column === 'class') return 'smallint';
  if (column === 'metric') return 'text';
  return ['start_ms', 'first_ms', 'last_ms', 'count', 'resets'].includes(column) ? 'bigint' : 'numeric';
}

/** The bounds let the planner leave out partitions before it opens them. */
const deleteHoursSql = (level: string): string => `
  DELETE FROM rollup_${level} r USING unnest($1::bigint[], $2::integer[]) AS taken (device_index, hour)
  WHERE r.device_index = taken.device_index AND r.class = ANY($3::smallint[]) AND r.start >= $4 AND r.start < $5
    AND r.start >= ${startOfHour('taken.hour')} AND r.start < ${startOfHour('taken.hour + 1')}`;

function tsOf(ms: string): string {
  return `'epoch'::timestamptz + ${ms} * interval '1 ms'`;
}

const columns = ['metric', 'first_ts', 'last_ts', ...allMoments].join(', ');
const computed = ['metric', tsOf('first_ms'), tsOf('last_ms'), ...allMoments].join(', ');
const series = ['device_index', 'class', 'metric', 'worthwhile'];

/** Pieces from a relation of `value`s with `ms` and whether minutes are `worthwhile`: of minutes, of whole hours elsewhere. */
const piecesOf = (keys: readonly string[], values: string): string => `
  SELECT ${[...keys, 'ms - at AS start_ms', valuePieces(allMoments)].join(', ')}
  FROM (SELECT *, ms % CASE WHEN worthwhile THEN 60000 ELSE ${hourMs} END AS at FROM (${values}) AS one WHERE value IS NOT NULL) AS placed`;

/**
 * Series by series, which are in order as they are read. The value is made below the order, where it is made once. Losers
 * of a conflict, which may be of other classes, are left out first.
 */
const minutesOfSeriesSql = `
  SELECT series.device_index, series.class, series.metric, series.worthwhile, piece.*
  FROM unnest($1::bigint[], $2::integer[], $6::boolean[], $7::smallint[], $8::text[])
    AS series (device_index, hour, worthwhile, class, metric)
  CROSS JOIN LATERAL (${mergeSql({
    pieces: piecesOf(
      [],
      `SELECT * FROM (
        SELECT DISTINCT ON (m.ts) series.worthwhile, m.class, ${msOf('m.ts')} AS ms, ${numberOf('m."values" -> series.metric')} AS value
        FROM stored_measurement(series.device_index, $3, $4, $5) m
        WHERE ${isOfHour('series.hour')} AND m."values" ? series.metric
        ORDER BY m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC) AS winner
      WHERE winner.class = series.class`,
    ),
    ...{ series: [], span: 'start_ms', moments: allMoments },
  })}) AS piece`;

const minutesOfRowsSql = mergeSql({
  pieces: piecesOf(
    series,
    `SELECT DISTINCT ON (device_index, metric, ts) device_index, metric, class, worthwhile, ms, value
    FROM (
      SELECT taken.device_index, taken.worthwhile, m.ts, m.class, m.seq, m.fingerprint, one.key COLLATE "C" AS metric,
        ${msOf('m.ts')} AS ms, ${numberOf('one.value')} AS value
      FROM unnest($1::bigint[], $2::integer[], $6::boolean[]) AS taken (device_index, hour, worthwhile)
      CROSS JOIN LATERAL stored_measurement(taken.device_index, $3, $4, $5) m
      CROSS JOIN LATERAL jsonb_each(m."values") AS one
      WHERE ${isOfHour('taken.hour')}
    ) AS named
    ORDER BY device_index, metric, ts, seq DESC NULLS LAST, fingerprint DESC`,
  ),
  ...{ series, span: 'start_ms', moments: allMoments },
});

/** Minutes where they are worthwhile, at once whole hours elsewhere; then hours of both. */
const rollUpSql = (fine: string): string => `
  WITH fine AS MATERIALIZED (${fine}
  ), minute AS (
    INSERT INTO rollup_minute (device_index, class, start, ${columns})
    SELECT device_index, class, ${tsOf('start_ms')}, ${computed} FROM fine WHERE worthwhile
  ), merged AS (${mergeSql({
    pieces: `SELECT ${series.join(', ')}, start_ms - shift AS hour_ms, ${mergedPieces(allMoments)}
      FROM (SELECT *, start_ms % ${hourMs} AS shift FROM fine) AS one`,
    ...{ series, span: 'hour_ms', moments: allMoments },
  })}
  )
  INSERT INTO rollup_hour (device_index, class, has_minutes, start, ${columns})
  SELECT device_index, class, worthwhile, ${tsOf('hour_ms')}, ${computed} FROM merged`;

const completeDaysSql = `
  SELECT index FROM (SELECT DISTINCT index FROM unnest($1::bigint[]) AS index) AS one
  WHERE NOT EXISTS (SELECT FROM rollup_mark WHERE device_index = index AND hour BETWEEN $2 AND $3)`;

const rollUpDaysSql = `
  WITH merged AS (${mergeSql({
    pieces: `SELECT device_index, class, metric, 1 AS day, ${rollupPieces(allMoments)}
      FROM (SELECT *, ${msOf('start')} - ${msOf('$3::timestamptz')} AS shift FROM rollup_hour
        WHERE device_index = ANY($1::bigint[]) AND class = ANY($2::smallint[]) AND start >= $3 AND start < $4) AS one`,
    ...{ series: ['device_index', 'class', 'metric'], span: 'day', moments: allMoments },
  })})
  INSERT INTO rollup_day (device_index, class, start, ${columns})
  SELECT device_index, class, $3, ${computed} FROM merged`;

/**
 * Classes that take turns by whole hours do not merge in time either: a note of no classes in the first hour sends readers
 * of the day to its hours.
 */
const noteMixedDaysSql = `
  INSERT INTO mixed_hour (device_index, hour, classes)
  SELECT device_index, (date_part('epoch', $2::timestamptz) / 3600)::integer, 0 FROM rollup_day
  WHERE device_index = ANY($1::bigint[]) AND start = $2
  GROUP BY device_index HAVING count(DISTINCT class) > 1
  ON CONFLICT DO NOTHING`;

/** Makes the partitions of these levels of a class and UTC day unless they are there. */
export async function ensureRollupPartitions(
  client: PoolClient,
  retentionClass: RetentionClassCode,
  dayName: string,
  levels: readonly RollupLevel[],
): Promise<void> {
  await client.query('SELECT ensure_rollup_partition(level, $1::smallint, $2::date) FROM unnest($3::text[]) AS level', [
    retentionClass,
    dayName,
    levels,
  ]);
}

/** Drops the oldest partitions of rollups that are over, at most `most`, and returns their names. */
export async function dropOverRollups(client: PoolClient, most: number): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('SELECT drop_over_rollups($1) AS name', [most]);
  return rows.map((row) => row.name);
}
