import type { DataSource } from 'typeorm';
import { read } from './read.js';
import { type RetentionClassCode, dayOf, isOver } from '../domain/retention.js';
import type { DeviceScope } from './device.repository.js';

export interface LatestRow {
  readonly tsMs: number;
  readonly seq: number | undefined;
  readonly fingerprint: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export const latestSql = `
  SELECT extract(epoch FROM l.ts) * 1000 AS ts_ms, l.seq, replace(l.fingerprint::text, '-', '') AS fingerprint, l.class,
    l."values"
  FROM device d JOIN latest l ON l.device_index = d.index
  WHERE d.index = ANY($1::bigint[]) AND d.tenant = $2`;

export class LatestRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The latest measurement per set of metric names, in no order; those past their retention are left out. */
  async rows(scope: DeviceScope, nowMs: number): Promise<LatestRow[]> {
    const rows = await read<Row>(this.dataSource, latestSql, [scope.indexes, scope.tenant]);
    return rows
      .filter((row) => !isOver(dayOf(Number(row.ts_ms)), row.class, nowMs))
      .map((row) => ({
        tsMs: Number(row.ts_ms),
        seq: row.seq === '-1' ? undefined : Number(row.seq),
        fingerprint: row.fingerprint,
        values: row.values,
      }));
  }
}

interface Row {
  readonly ts_ms: string;
  readonly seq: string;
  readonly fingerprint: string;
  readonly class: RetentionClassCode;
  readonly values: Record<string, unknown>;
}
