import type { DataSource } from 'typeorm';
import { translateDatabaseError } from '@myelin/persistence';
import { withConnection } from './connection.js';
import { read } from './read.js';
import type { AggregateFunction } from '../domain/aggregate-functions.js';
import { classesOf, retentionClassCodes } from '../domain/retention.js';
import { type DeviceScope, classBitsOf } from './device.repository.js';
import { type Ask, type NeedOfRows, refuseGoneRows } from './gone-rows.js';
import type { TimeRange } from './measurement.repository.js';
import { tiledAggregates } from './tiled-aggregates.js';

/** Functions that were not asked for are absent, those without an answer null. */
export interface Aggregate extends Partial<Record<AggregateFunction, number | null>> {
  /** Position in the request's bucket starts. */
  readonly bucket: number;
  /** Positions in the request's devices and metrics. */
  readonly device: number;
  readonly metric: number;
}

export interface AggregateRequest extends TimeRange {
  readonly scopes: readonly DeviceScope[];
  readonly metrics: readonly string[];
  readonly functions: readonly AggregateFunction[];
  /** Ascending; a value belongs to the last start at or before it. */
  readonly startsMs: readonly number[];
}

export type RangeOfSeries = Pick<AggregateRequest, 'scopes' | 'metrics' | 'fromMs' | 'toMs'>;

/**
 * Per index and class, so that both ends are found by an index: the first and last plain measurement, and that of the
 * first and last segment that has one in the range. Segments of a device never overlap. Asking for the classes once more
 * leaves out partitions when the statement is planned.
 */
export const extentSql = `
  SELECT least(min(ends.first), min(ends.first_frozen)) AS first, greatest(max(ends.last), max(ends.last_frozen)) AS last
  FROM unnest($1::bigint[]) AS one (device_index)
  JOIN device d ON d.index = one.device_index AND d.tenant = $2
  CROSS JOIN unnest($3::smallint[]) AS kept (class)
  CROSS JOIN LATERAL (SELECT
    ${(['ASC', 'DESC'] as const)
      .map(
        (order) => `
    (SELECT m.ts FROM measurement m WHERE m.device_index = one.device_index AND m.class = kept.class
       AND m.class = ANY ($3) AND m.ts >= $4 AND m.ts < $5 ORDER BY m.ts ${order} LIMIT 1)
       AS ${order === 'ASC' ? 'first' : 'last'},
    (SELECT found.ts FROM segment s CROSS JOIN LATERAL (
         SELECT ${order === 'ASC' ? 'min' : 'max'}(m.ts) AS ts FROM segment_measurements(s) m WHERE m.ts >= $4 AND m.ts < $5
       ) found
     WHERE s.device_index = one.device_index AND s.class = kept.class AND s.class = ANY ($3)
       AND s.first_ts >= date_bin('1 day', $4, '1970-01-01 00:00:00+00'::timestamptz) AND s.first_ts < $5
       AND s.last_ts >= $4 AND found.ts IS NOT NULL
     ORDER BY s.first_ts ${order} LIMIT 1) AS ${order === 'ASC' ? 'first' : 'last'}_frozen`,
      )
      .join(',')}
  ) AS ends`;

/** Of class `summary`, whose rollups outlive its rows. */
const summaryExtentSql = `
  SELECT min(r.first_ts) AS first, max(r.last_ts) AS last FROM device d JOIN rollup_day r ON r.device_index = d.index
  WHERE d.index = ANY($1::bigint[]) AND d.tenant = $2 AND r.class = ${retentionClassCodes.summary}
    AND r.start >= date_trunc('day', $3::timestamptz, 'UTC') AND r.start < $4`;

interface Ends {
  readonly first: Date | null;
  readonly last: Date | null;
}

export class AggregateRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The part of the range in which the devices have measurements at all; undefined when they have none. */
  async extent(scopes: readonly DeviceScope[], { fromMs, toMs }: TimeRange): Promise<TimeRange | undefined> {
    const indexes = scopes.flatMap((scope) => scope.indexes);
    const tenant = scopes[0]?.tenant ?? '';
    const classes = classesOf(classBitsOf(scopes));
    const range = [new Date(fromMs), new Date(toMs)];
    const found = await read<Ends>(this.dataSource, extentSql, [indexes, tenant, classes, ...range]);
    if (classes.includes(retentionClassCodes.summary)) {
      found.push(...(await read<Ends>(this.dataSource, summaryExtentSql, [indexes, tenant, ...range])));
    }
    const times = found.flatMap(({ first, last }) => (first && last ? [first.getTime(), last.getTime()] : []));
    if (times.length === 0) return undefined;
    return { fromMs: Math.min(...times), toMs: Math.min(toMs, Math.max(...times) + 1) };
  }

  /** @throws TelemetryError telemetry.resolution-unavailable where a range needs rows of which only rollups are left */
  async refuseGone({ scopes, metrics, fromMs, toMs }: RangeOfSeries, need: NeedOfRows): Promise<void> {
    const spans = scopes.flatMap(({ indexes }) => indexes.map((index) => ({ index, fromMs, toMs })));
    const ask: Ask = (sql, parameters) => read(this.dataSource, sql, parameters);
    await refuseGoneRows(ask, { spans, metrics, classes: classBitsOf(scopes) }, need);
  }

  /**
   * From rollups where they tell the same as the rows, which is nearly everywhere.
   * @throws TelemetryError telemetry.resolution-unavailable
   */
  async aggregate(request: AggregateRequest): Promise<Aggregate[]> {
    try {
      return await withConnection(this.dataSource, async (client) => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        try {
          return await tiledAggregates(client, request);
        } finally {
          // Nothing was written. A refusal leaves the connection fit for the next.
          await client.query('ROLLBACK');
        }
      });
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }
}
