import type { QueryPool } from './query-pool.js';
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
  /** Rows per statement, at most; fewer when they are large. */
  readonly pageRows: number;
  /** What is in memory at a time, in bytes of JSON: ends with the row that reaches it. Default: {@link heldBytes}. */
  readonly maxBytes?: number;
}

/** Values of rows that one query holds at a time, in bytes of JSON. */
export const heldBytes = 4 * 1024 * 1024;
/** Rows of one weighed page as they are stored, compressed: what is looked at to find out how much of it can be taken. */
const storedBytes = 1024 * 1024;
/** Values that may be told without weighing the page: as stored, and as JSON, which may have 26 times as many (1e308). */
const small = { storedBytes: 2_000, jsonBytes: 4_000 };
/** Of the first weighed page; those behind it know what the rows before them weighed. */
const firstWeighedRows = 32;

/** A compressed value says nothing of its length: a thousand equal samples are a few bytes. */
const isSmall = `(pg_column_size(m."values") <= ${small.storedBytes} AND pg_column_compression(m."values") IS NULL)`;

/**
 * Of one index in (ts, fingerprint) order, which is the primary key's. The class and time bounds leave out partitions when
 * the statement is planned; the tenant is asked for once per statement. What filters left without values is left out: no
 * large value is that, and it is not unpacked to find out.
 */
const storedRows = `
  FROM stored_measurement($1, $2, $3, $4) m
  WHERE (m.ts, m.fingerprint) > ($3, $5::uuid) AND (pg_column_size(m."values") > 64 OR m."values" <> '{}')
    AND EXISTS (SELECT FROM device d WHERE d.index = $1 AND d.tenant = $7)`;
const columns = (rows: string): string =>
  `extract(epoch FROM ${rows}.ts) * 1000 AS ts_ms, extract(epoch FROM ${rows}.received_at) * 1000 AS received_ms,
    ${rows}.boot, ${rows}.seq, ${rows}.fingerprint::text AS fingerprint, ${rows}.class, ${rows}.duplicates, ${rows}.out_of_range`;

/** A page of rows as they nearly always are. Large ones have no `json` here, and are not asked for their metrics. */
export const pageSql = `
  SELECT ${columns('page')}, CASE WHEN octet_length(json) <= ${small.jsonBytes} THEN json END AS json
  FROM (
    SELECT m.*, CASE WHEN ${isSmall} THEN m."values"::text END AS json
    ${storedRows} AND ($6::text[] IS NULL OR CASE WHEN ${isSmall} THEN m."values" ?| $6 ELSE true END)
    ORDER BY m.ts, m.fingerprint LIMIT $8
  ) page
  ORDER BY page.ts, page.fingerprint`;

/**
 * A page of rows that may be large. Ends with the row that reaches `$9` bytes of JSON, or `$10` as stored: how long its JSON
 * is shows only when it is made, so it is made of no more than may fit.
 */
export const weighedPageSql = `
  SELECT ${columns('page')}, page.json, page.bytes::float8, page.stored::float8
  FROM (
    SELECT weighed.*, sum(octet_length(json)) OVER (ORDER BY ts, fingerprint ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (
      SELECT near.*, near."values"::text AS json
      FROM (
        SELECT m.*, pg_column_size(m."values") AS size,
          sum(pg_column_size(m."values")) OVER (ORDER BY m.ts, m.fingerprint ROWS UNBOUNDED PRECEDING) AS stored
        ${storedRows} AND ($6::text[] IS NULL OR m."values" ?| $6)
        ORDER BY m.ts, m.fingerprint LIMIT $8
      ) near
      WHERE stored - size < $10
    ) weighed
  ) page
  WHERE page.bytes - octet_length(page.json) < $9
  ORDER BY page.ts, page.fingerprint`;

export class MeasurementRepository {
  constructor(private readonly pool: QueryPool) {}

  /** Rows of a device in order of ts, index, fingerprint, fetched page by page while they are taken. */
  async *rows(scope: DeviceScope, request: RowsRequest): AsyncGenerator<StoredRow> {
    const maxBytes = (request.maxBytes ?? heldBytes) / Math.max(1, scope.indexes.length);
    const sources = scope.indexes.map((index) => this.rowsOfIndex(scope, index, { ...request, maxBytes }));
    if (sources.length === 1 && sources[0] !== undefined) yield* sources[0];
    else yield* merged(sources);
  }

  private async *rowsOfIndex(scope: DeviceScope, index: number, request: WeighedRequest): AsyncGenerator<StoredRow> {
    const stretches = stretchesOf(this.pool.askOf(scope.tenant), index, classesOf(scope.classes), request);
    let weighedRows: number | undefined;
    for await (const stretch of stretches) {
      let after: Place | undefined = { tsMs: stretch.fromMs, fingerprint: beforeAny };
      while (after !== undefined) {
        const page: RowPage = await this.page(scope, index, { ...request, ...stretch, after, weighedRows });
        after = page.after;
        // Where one row was large, others will be: pages stay weighed.
        weighedRows = page.weighedRows ?? weighedRows;
        // What was told is not held any longer.
        for (let row = page.rows.shift(); row !== undefined; row = page.rows.shift()) yield rowOf(row, index);
      }
    }
  }

  private async page(scope: DeviceScope, index: number, request: PageRequest): Promise<RowPage> {
    const { after, pageRows, weighedRows, maxBytes } = request;
    const limit = Math.min(pageRows, weighedRows ?? pageRows);
    const parameters = [
      ...[index, classesOf(scope.classes), new Date(after.tsMs), new Date(request.toMs), after.fingerprint],
      ...[request.metrics ?? null, scope.tenant, limit],
    ];
    if (weighedRows !== undefined) {
      const weighed = [...parameters, maxBytes, storedBytes];
      return weighedPage(await this.pool.read<WeighedRow>(scope.tenant, weighedPageSql, weighed), limit, request);
    }
    const rows = await this.pool.read<PageRow>(scope.tenant, pageSql, parameters);
    const large = rows.findIndex(({ json }) => json === null);
    if (large === -1) return { rows, after: rows.length < limit ? undefined : placeOf(rows.at(-1)) };
    rows.length = large;
    return { rows, after: placeOf(rows.at(-1)) ?? after, weighedRows: firstWeighedRows };
  }
}

type WeighedRequest = RowsRequest & { readonly maxBytes: number };
/** Of a row, in the order of an index. */
interface Place {
  readonly tsMs: number;
  readonly fingerprint: string;
}
interface PageRequest extends WeighedRequest {
  readonly after: Place;
  /** Rows of a page that is weighed; undefined of one that is not. */
  readonly weighedRows: number | undefined;
}
interface RowPage {
  readonly rows: PageRow[];
  /** Where the next page goes on; undefined of the last one. */
  readonly after: Place | undefined;
  /** Of the next page. */
  readonly weighedRows?: number;
}

function weighedPage(rows: WeighedRow[], limit: number, { maxBytes, pageRows }: WeighedRequest): RowPage {
  const last = rows.at(-1);
  if (last === undefined) return { rows, after: undefined };
  const isEnd = rows.length < limit && last.bytes < maxBytes && last.stored < storedBytes;
  // Some more than what fits if they are like these: what is weighed in vain costs time.
  const fitting = rows.length * Math.min(maxBytes / last.bytes, storedBytes / last.stored) * 1.25 + 1;
  return {
    ...{ rows, after: isEnd ? undefined : placeOf(last) },
    weighedRows: Math.min(pageRows, Math.ceil(fitting)),
  };
}

function placeOf(row: PageRow | undefined): Place | undefined {
  return row && { tsMs: Number(row.ts_ms), fingerprint: row.fingerprint };
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
  /** Null of a large row of a page that is not weighed. */
  readonly json: string | null;
}

interface WeighedRow extends PageRow {
  /** Of the page up to and with this row: bytes of JSON, and as stored. */
  readonly bytes: number;
  readonly stored: number;
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
    values: JSON.parse(row.json ?? '') as Record<string, unknown>,
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
