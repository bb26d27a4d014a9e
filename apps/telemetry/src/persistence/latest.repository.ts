import type { QueryPool } from './query-pool.js';
import { type RetentionClassCode, dayOf, isOver } from '../domain/retention.js';
import { TelemetryError } from '../domain/telemetry.errors.js';
import type { DeviceScope } from './device.repository.js';

export interface LatestRow {
  readonly tsMs: number;
  readonly seq: number | undefined;
  readonly fingerprint: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** No two rows are of the same set of names. The names of a device are unlimited, and so are its rows: `$3` bytes of JSON end them. */
export const latestSql = `
  SELECT extract(epoch FROM ts) * 1000 AS ts_ms, seq, replace(fingerprint::text, '-', '') AS fingerprint, class, json,
    bytes::float8
  FROM (
    SELECT l.*, sum(octet_length(json)) OVER (ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (
      SELECT l.*, l."values"::text AS json FROM device d JOIN latest l ON l.device_index = d.index
      WHERE d.index = ANY($1::bigint[]) AND d.tenant = $2
    ) l
  ) weighed
  WHERE bytes - octet_length(json) < $3`;

/** Several times what a report may weigh. */
const maxLatestBytes = 16 * 1024 * 1024;

export class LatestRepository {
  constructor(private readonly pool: QueryPool) {}

  /**
   * The latest measurement per set of metric names, in no order; those past their retention are left out.
   * @throws TelemetryError telemetry.answer-too-large
   */
  async rows(scope: DeviceScope, nowMs: number): Promise<LatestRow[]> {
    const rows = await this.pool.read<Row>(scope.tenant, latestSql, [scope.indexes, scope.tenant, maxLatestBytes]);
    const last = rows.at(-1);
    if (last !== undefined && last.bytes >= maxLatestBytes) {
      const message = `the latest measurements of the device, one per set of metric names, are more than ${maxLatestBytes} bytes`;
      throw TelemetryError.permanent('telemetry.answer-too-large', message);
    }
    return rows
      .filter((row) => !isOver(dayOf(Number(row.ts_ms)), row.class, nowMs))
      .map((row) => ({
        tsMs: Number(row.ts_ms),
        seq: row.seq === '-1' ? undefined : Number(row.seq),
        fingerprint: row.fingerprint,
        values: JSON.parse(row.json) as Record<string, unknown>,
      }));
  }
}

interface Row {
  readonly ts_ms: string;
  readonly seq: string;
  readonly fingerprint: string;
  readonly class: RetentionClassCode;
  readonly json: string;
  /** Of the rows up to and with this one. */
  readonly bytes: number;
}
