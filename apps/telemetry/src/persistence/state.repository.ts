import { classesOf } from '../domain/retention.js';
import type { StateChange, StateValue } from '../domain/states.js';
import type { DeviceScope } from './device.repository.js';
import { type NeededRows, goneUntilMs, refuseGoneRows } from './gone-rows.js';
import type { TimeRange } from './measurement.repository.js';
import type { QueryPool } from './query-pool.js';

/** The first winner of the range and every one that differs from the winner before it, in order of ts. */
export const stateChangesSql = `
  WITH winner AS (
    SELECT DISTINCT ON (m.ts) m.ts, m."values" -> $1 AS value
    FROM unnest($2::bigint[]) AS one (device_index)
    JOIN device d ON d.index = one.device_index AND d.tenant = $3
    CROSS JOIN LATERAL stored_measurement(one.device_index, $4, $5, $6) m
    WHERE m."values" ? $1
    ORDER BY m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC
  ), change AS (
    SELECT ts, value, lag(value) OVER (ORDER BY ts) AS before
    FROM winner WHERE jsonb_typeof(value) IN ('number', 'boolean', 'string')
  )
  SELECT extract(epoch FROM ts) * 1000 AS ts_ms, value FROM change
  WHERE before IS DISTINCT FROM value ORDER BY ts LIMIT $7`;

/** The last winner of the range. */
export const lastStateSql = `
  WITH winner AS (
    SELECT DISTINCT ON (m.ts) m.ts, m."values" -> $1 AS value
    FROM unnest($2::bigint[]) AS one (device_index)
    JOIN device d ON d.index = one.device_index AND d.tenant = $3
    CROSS JOIN LATERAL stored_measurement(one.device_index, $4, $5, $6) m
    WHERE m."values" ? $1
    ORDER BY m.ts DESC, m.seq DESC NULLS LAST, m.fingerprint DESC
  )
  SELECT value FROM winner WHERE jsonb_typeof(value) IN ('number', 'boolean', 'string') ORDER BY ts DESC LIMIT 1`;

export class StateRepository {
  constructor(private readonly pool: QueryPool) {}

  /** @throws TelemetryError telemetry.resolution-unavailable where only rollups are left of the metric */
  async refuseGone(scope: DeviceScope, metric: string, range: TimeRange): Promise<void> {
    await refuseGoneRows(this.pool.askOf(scope.tenant), neededRows(scope, metric, range), 'states');
  }

  /** From when on the metric's rows are kept, if only rollups are left of some before that; undefined if of none. */
  async goneUntilMs(scope: DeviceScope, metric: string, range: TimeRange): Promise<number | undefined> {
    return goneUntilMs(this.pool.askOf(scope.tenant), neededRows(scope, metric, range));
  }

  /** At most `limit` changes; the first is the first value of the range, whatever came before. */
  async changes(scope: DeviceScope, metric: string, range: TimeRange, limit: number): Promise<StateChange[]> {
    const parameters = [...parametersOf(scope, metric, range), limit];
    const rows = await this.pool.read<{ ts_ms: string; value: StateValue }>(scope.tenant, stateChangesSql, parameters);
    return rows.map(({ ts_ms, value }) => ({ tsMs: Number(ts_ms), value }));
  }

  /** The last state of the range. */
  async last(scope: DeviceScope, metric: string, range: TimeRange): Promise<StateValue | undefined> {
    const parameters = parametersOf(scope, metric, range);
    const [row] = await this.pool.read<{ value: StateValue }>(scope.tenant, lastStateSql, parameters);
    return row?.value;
  }
}

function neededRows({ indexes, classes }: DeviceScope, metric: string, range: TimeRange): NeededRows {
  return { spans: indexes.map((index) => ({ index, ...range })), metrics: [metric], classes };
}

function parametersOf(scope: DeviceScope, metric: string, { fromMs, toMs }: TimeRange): unknown[] {
  return [metric, scope.indexes, scope.tenant, classesOf(scope.classes), new Date(fromMs), new Date(toMs)];
}
