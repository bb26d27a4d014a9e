import { translateDatabaseError } from '@myelin/persistence';
import type { QueryPool } from './query-pool.js';
import type { AggregateFunction } from '../domain/aggregate-functions.js';
import { classesOf, dayMs, dayOf } from '../domain/retention.js';
import { type DeviceScope, classBitsOf, tenantOf } from './device.repository.js';
import { type NeedOfRows, refuseGoneRows } from './gone-rows.js';
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
 * The first and last day with rollups of a metric, and with marks of hours that wait for theirs; false for devices of which
 * rollups and marks do not tell everything. Per metric and class, so that an index finds both ends in the partitions in
 * their order; asking for the classes once more leaves out partitions when the statement is planned.
 */
export const extentSql = `
  SELECT bool_and(d.stored <= d.marked) AS told, min(ends.first) AS first, max(ends.last) AS last
  FROM unnest($1::bigint[]) AS one (device_index)
  JOIN device d ON d.index = one.device_index AND d.tenant = $2
  CROSS JOIN LATERAL (
    SELECT ${(['ASC', 'DESC'] as const)
      .map(
        (order) => `
      (SELECT r.start FROM rollup_day r
       WHERE r.device_index = one.device_index AND r.metric = metric.name AND r.class = kept.class AND r.class = ANY ($4)
         AND r.start >= $5 AND r.start < $6 ORDER BY r.start ${order} LIMIT 1) AS ${order === 'ASC' ? 'first' : 'last'}`,
      )
      .join(',')}
    FROM unnest($3::text[]) AS metric (name) CROSS JOIN unnest($4::smallint[]) AS kept (class)
    UNION ALL
    SELECT 'epoch'::timestamptz + min(m.hour) / 24 * interval '1 day', 'epoch'::timestamptz + max(m.hour) / 24 * interval '1 day'
    FROM rollup_mark m WHERE m.device_index = one.device_index AND m.hour >= $7 AND m.hour < $8
  ) AS ends`;

interface Ends {
  readonly told: boolean | null;
  readonly first: Date | null;
  readonly last: Date | null;
}

export class AggregateRepository {
  constructor(private readonly pool: QueryPool) {}

  /** The part of the range, in whole UTC days, outside of which the devices have no values of these metrics; undefined when they have none. */
  async extent({ scopes, metrics, fromMs, toMs }: RangeOfSeries): Promise<TimeRange | undefined> {
    const [firstDay, endDay] = [dayOf(fromMs), dayOf(toMs - 1) + 1];
    const [ends] = await this.pool.read<Ends>(tenantOf({ scopes }), extentSql, [
      scopes.flatMap((scope) => scope.indexes),
      ...[tenantOf({ scopes }), metrics, classesOf(classBitsOf(scopes))],
      ...[new Date(firstDay * dayMs), new Date(endDay * dayMs), firstDay * 24, endDay * 24],
    ]);
    if (ends?.told === false) return { fromMs, toMs };
    if (!ends?.first || !ends.last) return undefined;
    return { fromMs: Math.max(fromMs, ends.first.getTime()), toMs: Math.min(toMs, ends.last.getTime() + dayMs) };
  }

  /** @throws TelemetryError telemetry.resolution-unavailable where a range needs rows of which only rollups are left */
  async refuseGone({ scopes, metrics, fromMs, toMs }: RangeOfSeries, need: NeedOfRows): Promise<void> {
    const spans = scopes.flatMap(({ indexes }) => indexes.map((index) => ({ index, fromMs, toMs })));
    await refuseGoneRows(this.pool.askOf(tenantOf({ scopes })), { spans, metrics, classes: classBitsOf(scopes) }, need);
  }

  /**
   * From rollups where they tell the same as the rows, which is nearly everywhere.
   * @throws TelemetryError telemetry.resolution-unavailable
   */
  async aggregate(request: AggregateRequest): Promise<Aggregate[]> {
    try {
      return await this.pool.withConnection(tenantOf(request), async (client) => {
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
