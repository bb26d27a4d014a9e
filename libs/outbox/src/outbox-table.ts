import type { EncodedRecord } from '@myelin/messaging';
import { type DedicatedConnection, quoteIdentifier } from '@myelin/persistence';
import { channelOf } from './outbox-names.js';
import { restoreHeaders } from './stored-headers.js';

export interface WaitingRecord {
  /** int8 as decimal text. */
  readonly seq: string;
  readonly record: EncodedRecord;
}

export interface BatchLimits {
  readonly maxRecords: number;
  /** Of keys, values and headers; one record may be larger. */
  readonly maxBytes: number;
}

export interface HeldKey {
  readonly topic: string;
  readonly key: Buffer;
}

interface Row {
  seq: string;
  topic: string;
  key: Buffer;
  value: Buffer | null;
  headers: Record<string, string>;
  partition: number | null;
  timestampMs: string;
  waitedMs: number;
}

/** The relay's statements, all on the one connection that holds the lock. */
export class OutboxTable {
  private readonly table: string;

  constructor(
    private readonly connection: DedicatedConnection,
    private readonly schema: string,
  ) {
    this.table = `${quoteIdentifier(schema)}.outbox`;
  }

  /** Held until the session ends. */
  async tryLock(): Promise<boolean> {
    const [row] = await this.connection.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [channelOf(this.schema)],
    );
    return row?.locked === true;
  }

  async listen(): Promise<void> {
    await this.connection.query(`LISTEN ${quoteIdentifier(channelOf(this.schema))}`);
  }

  /**
   * The oldest records by seq, leaving out held keys. There is no cursor: a transaction may commit after others with
   * higher numbers, so every look begins at the lowest number there is. No record is dated later than the database's
   * clock: Kafka refuses what is far ahead, and a writer's clock may be.
   */
  async oldest(limits: BatchLimits, held: readonly HeldKey[]): Promise<WaitingRecord[]> {
    const rows = await this.connection.query<Row>(
      `SELECT seq, topic, key, value, headers, "partition",
         LEAST(timestamp_ms, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS "timestampMs",
         greatest(0, extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "waitedMs"
       FROM (
         SELECT *, row_number() OVER w AS place,
           sum(octet_length(key) + coalesce(octet_length(value), 0) + octet_length(headers::text)) OVER w AS bytes
         FROM (
           SELECT * FROM ${this.table} o
           WHERE NOT EXISTS (SELECT FROM unnest($3::text[], $4::bytea[]) AS h(topic, key)
                             WHERE h.topic = o.topic AND h.key = o.key)
           ORDER BY seq LIMIT $1) AS head
         WINDOW w AS (ORDER BY seq)) AS measured
       WHERE bytes <= $2 OR place = 1
       ORDER BY seq`,
      [limits.maxRecords, limits.maxBytes, held.map(({ topic }) => topic), held.map(({ key }) => key)],
    );
    const nowMs = Date.now();
    return rows.map((row) => waitingRecord(row, nowMs));
  }

  async remove(records: readonly WaitingRecord[]): Promise<void> {
    await this.connection.query(`DELETE FROM ${this.table} WHERE seq = ANY($1::bigint[])`, [
      records.map(({ seq }) => seq),
    ]);
  }
}

function waitingRecord(row: Row, nowMs: number): WaitingRecord {
  const { seq, topic, key, value, headers, partition, timestampMs, waitedMs } = row;
  return {
    seq,
    record: {
      topic,
      key,
      value,
      headers: restoreHeaders(headers),
      ...(partition === null ? {} : { partition }),
      timestampMs: Number(timestampMs),
      // By this clock, as the end of its span: those of database and relay may differ.
      writtenAtMs: nowMs - waitedMs,
    },
  };
}
