import type { DataSource } from 'typeorm';
import { read } from './read.js';
import { type RetentionClassCode, classesOf } from '../domain/retention.js';
import type { DeviceScope } from './device.repository.js';
import { stretchesOf } from './stretches.js';

export interface StoredRow {
  readonly deviceIndex: number;
  readonly tsMs: number;
  readonly receivedAtMs: number;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly fingerprint: string;
  readonly retentionClass: RetentionClassCode;
  readonly duplicates: number;
  readonly outOfRange: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

export interface TimeRange {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface RowsRequest extends TimeRange {
  /** Only rows that name one of these; all when absent. */
  readonly metrics?: readonly string[];
  /** Rows per statement: what is in memory at a time, per index of the device. */
  readonly pageRows: number;
}

/**
 * A page of one index in (ts, fingerprint) order, which is the primary key's. The class and time bounds leave out
 * partitions when the statement is planned; the tenant is asked for once per statement. What filters left without values is
 * left out.
 */
export const pageSql = `
  SELECT extract(epoch FROM m.ts) * 1000 AS ts_ms, extract(epoch FROM m.received_at) * 1000 AS received_ms, m.boot, m.seq,
    m.fingerprint::text AS fingerprint, m.class, m.duplicates, m.out_of_range, m."values"
  FROM stored_measurement($1, $2, $3, $4) m
  WHERE (m.ts, m.fingerprint) > ($3, $5::uuid) AND m."values" <> '{}'
    AND ($6::text[] IS NULL OR m."values" ?| $6)
    AND EXISTS (SELECT FROM device d WHERE d.index = $1 AND d.tenant = $7)
  ORDER BY m.ts, m.fingerprint LIMIT $8`;

export class MeasurementRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Rows of a device in order of ts, index, fingerprint, fetched page by page while they are taken. */
  async *rows(scope: DeviceScope, request: RowsRequest): AsyncGenerator<StoredRow> {
    const sources = scope.indexes.map((index) => this.rowsOfIndex(scope, index, request));
    if (sources.length === 1 && sources[0] !== undefined) yield* sources[0];
    else yield* merged(sources);
  }

  private async *rowsOfIndex(scope: DeviceScope, index: number, request: RowsRequest): AsyncGenerator<StoredRow> {
    for await (const stretch of stretchesOf(this.dataSource, index, classesOf(scope.classes), request)) {
      yield* this.rowsOfStretch(scope, index, { ...request, ...stretch });
    }
  }

  private async *rowsOfStretch(scope: DeviceScope, index: number, request: RowsRequest): AsyncGenerator<StoredRow> {
    let after = { tsMs: request.fromMs, fingerprint: beforeAny };
    for (;;) {
      const rows = await read<PageRow>(this.dataSource, pageSql, [
        index,
        classesOf(scope.classes),
        new Date(after.tsMs),
        new Date(request.toMs),
        after.fingerprint,
        request.metrics ?? null,
        scope.tenant,
        request.pageRows,
      ]);
      for (const row of rows) yield rowOf(row, index);
      const last = rows.at(-1);
      if (last === undefined || rows.length < request.pageRows) return;
      after = { tsMs: Number(last.ts_ms), fingerprint: last.fingerprint };
    }
  }
}

/** Sorts before every fingerprint but itself, which no SHA-256 is known to begin with. */
const beforeAny = '00000000-0000-0000-0000-000000000000';

interface PageRow {
  readonly ts_ms: string;
  readonly received_ms: string;
  readonly boot: string | null;
  readonly seq: string | null;
  readonly fingerprint: string;
  readonly class: RetentionClassCode;
  readonly duplicates: number;
  readonly out_of_range: string[] | null;
  readonly values: Record<string, unknown>;
}

function rowOf(row: PageRow, deviceIndex: number): StoredRow {
  return {
    deviceIndex,
    tsMs: Number(row.ts_ms),
    receivedAtMs: Number(row.received_ms),
    boot: row.boot ?? undefined,
    seq: row.seq === null ? undefined : Number(row.seq),
    fingerprint: row.fingerprint.replaceAll('-', ''),
    retentionClass: row.class,
    duplicates: row.duplicates,
    outOfRange: row.out_of_range ?? [],
    values: row.values,
  };
}

/** Few sources (one per registration of the device): the earliest is looked for each time. */
async function* merged(sources: AsyncGenerator<StoredRow>[]): AsyncGenerator<StoredRow> {
  const heads = await Promise.all(sources.map((source) => source.next()));
  for (;;) {
    let first = -1;
    for (let index = 0; index < heads.length; index++) {
      const head = heads[index];
      const best = heads[first];
      if (head?.done === false && (best === undefined || best.done === true || head.value.tsMs < best.value.tsMs))
        first = index;
    }
    const head = heads[first];
    const source = sources[first];
    if (head === undefined || head.done === true || source === undefined) return;
    yield head.value;
    heads[first] = await source.next();
  }
}
