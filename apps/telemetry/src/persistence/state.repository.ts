import type { DataSource } from 'typeorm';
import { classesOf } from '../domain/retention.js';
import type { StateChange, StateValue } from '../domain/states.js';
import type { DeviceScope } from './device.repository.js';
import type { TimeRange } from './measurement.repository.js';
import { read } from './read.js';

/** The first winner of the range and every one that differs from the winner before it, in order of ts. */
export const stateChangesSql = `
  WITH winner AS (
    SELECT DISTINCT ON (m.ts) m.ts, m."values" -> $1 AS value
    FROM measurement m JOIN device d ON d.index = m.device_index AND d.tenant = $3
    WHERE m.device_index = ANY($2::bigint[]) AND m.class = ANY($4::smallint[]) AND m.ts >= $5 AND m.ts < $6
      AND m."values" ? $1
    ORDER BY m.ts, m.seq DESC NULLS LAST, m.fingerprint DESC
  ), change AS (
    SELECT ts, value, lag(value) OVER (ORDER BY ts) AS before
    FROM winner WHERE jsonb_typeof(value) IN ('number', 'boolean', 'string')
  )
  SELECT extract(epoch FROM ts) * 1000 AS ts_ms, value FROM change
  WHERE before IS DISTINCT FROM value ORDER BY ts LIMIT $7`;

/** The last winner of the range: per index from its end backwards, so that little is read when there is one near it. */
export const lastStateSql = `
  SELECT last.value FROM unnest($2::bigint[]) AS one (device_index)
  JOIN device d ON d.index = one.device_index AND d.tenant = $3
  CROSS JOIN unnest($4::smallint[]) AS kept (class)
  CROSS JOIN LATERAL (
    SELECT m.ts, m.seq, m.fingerprint, m."values" -> $1 AS value
    FROM measurement m
    WHERE m.device_index = one.device_index AND m.class = kept.class AND m.class = ANY($4) AND m.ts >= $5 AND m.ts < $6
      AND jsonb_typeof(m."values" -> $1) IN ('number', 'boolean', 'string')
      AND NOT EXISTS (SELECT FROM measurement better
        WHERE better.device_index = ANY($2) AND better.class = ANY($4) AND better.ts = m.ts AND better.ts >= $5 AND better.ts < $6
          AND better."values" ? $1
          AND (coalesce(better.seq, -1), better.fingerprint) > (coalesce(m.seq, -1), m.fingerprint))
    ORDER BY m.ts DESC LIMIT 1
  ) AS last
  ORDER BY last.ts DESC, last.seq DESC NULLS LAST, last.fingerprint DESC LIMIT 1`;

export class StateRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** At most `limit` changes; the first is the first value of the range, whatever came before. */
  async changes(scope: DeviceScope, metric: string, range: TimeRange, limit: number): Promise<StateChange[]> {
    const parameters = [...parametersOf(scope, metric, range), limit];
    const rows = await read<{ ts_ms: string; value: StateValue }>(this.dataSource, stateChangesSql, parameters);
    return rows.map(({ ts_ms, value }) => ({ tsMs: Number(ts_ms), value }));
  }

  /** The last state of the range. */
  async last(scope: DeviceScope, metric: string, range: TimeRange): Promise<StateValue | undefined> {
    const parameters = parametersOf(scope, metric, range);
    const [row] = await read<{ value: StateValue }>(this.dataSource, lastStateSql, parameters);
    return row?.value;
  }
}

function parametersOf(scope: DeviceScope, metric: string, { fromMs, toMs }: TimeRange): unknown[] {
  return [metric, scope.indexes, scope.tenant, classesOf(scope.classes), new Date(fromMs), new Date(toMs)];
}
