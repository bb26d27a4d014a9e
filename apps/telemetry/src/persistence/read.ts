import { translateDatabaseError } from '@myelin/persistence';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/** Runs a statement and returns its rows: of a connection, or of a data source. */
export type Ask = <Row>(sql: string, parameters: unknown[]) => Promise<Row[]>;

export function askOf(client: PoolClient): Ask {
  return async <Row>(sql: string, parameters: unknown[]) => (await client.query(sql, parameters)).rows as Row[];
}

/** A query; its failures are coded, so that an absent database is answered with 503. @throws PersistenceError */
export async function read<Row>(dataSource: DataSource, sql: string, parameters: unknown[]): Promise<Row[]> {
  try {
    return await dataSource.query<Row[]>(sql, parameters);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
