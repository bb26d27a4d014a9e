import type { EncodedRecord } from '@myelin/messaging';
import { quoteIdentifier, translateDatabaseError } from '@myelin/persistence';
import type { EntityManager } from 'typeorm';
import { OutboxError } from './outbox.errors.js';
import { channelOf, schemaOf } from './outbox-names.js';
import { storeHeaders } from './stored-headers.js';

const chunkRecords = 1_000;
const chunkBytes = 1_048_576;

/**
 * Adds records to the outbox of the transaction's schema, in their order. Records of one key are published in the order
 * of their transactions when these wait for each other: change the entity's row first, then write its records.
 * @throws OutboxError outbox.no-transaction, outbox.record-invalid; PersistenceError
 */
export async function writeToOutbox(tx: EntityManager, records: readonly EncodedRecord[]): Promise<void> {
  if (tx.queryRunner?.isTransactionActive !== true) {
    throw OutboxError.permanent('outbox.no-transaction', 'records are written in the transaction of their state');
  }
  await addToOutbox(tx, schemaOf(tx.dataSource), records);
}

/** A connection that is in a transaction: TypeORM's manager, or the driver's own client. */
export interface OpenTransaction {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

/**
 * As {@link writeToOutbox}, for who works with the driver's own connection: nothing checks that it is in a transaction.
 * @param schema the service's, unquoted
 * @throws PersistenceError
 */
export async function addToOutbox(
  tx: OpenTransaction,
  schema: string,
  records: readonly EncodedRecord[],
): Promise<void> {
  try {
    for (const chunk of chunks(records)) await insert(tx, schema, chunk);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

/** The relay is told once per transaction: PostgreSQL drops equal notifications of one transaction. */
async function insert(tx: OpenTransaction, schema: string, records: readonly EncodedRecord[]): Promise<void> {
  await tx.query(
    `WITH written AS (
       INSERT INTO ${quoteIdentifier(schema)}.outbox (id, topic, key, value, headers, "partition", timestamp_ms)
       SELECT id, topic, key, value, headers::jsonb, "partition", timestamp_ms
       FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::text[], $7::integer[], $8::bigint[])
         WITH ORDINALITY AS r(id, topic, key, value, headers, "partition", timestamp_ms, place)
       ORDER BY place)
     SELECT pg_notify($1, '')`,
    [
      channelOf(schema),
      records.map(({ headers }) => idOf(headers['ce_id'])),
      records.map(({ topic }) => topic),
      records.map(({ key }) => Buffer.from(key)),
      records.map(({ value }) => value),
      records.map(({ headers }) => storeHeaders(headers)),
      records.map(({ partition }) => partition ?? null),
      records.map(({ timestampMs }) => timestampMs ?? null),
    ],
  );
}

function idOf(header: string | Buffer | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

function* chunks(records: readonly EncodedRecord[]): Generator<readonly EncodedRecord[]> {
  let first = 0;
  let bytes = 0;
  for (const [index, { key, value }] of records.entries()) {
    bytes += key.length + (value?.length ?? 0);
    if (index + 1 - first < chunkRecords && bytes < chunkBytes) continue;
    yield records.slice(first, index + 1);
    first = index + 1;
    bytes = 0;
  }
  if (first < records.length) yield records.slice(first);
}
