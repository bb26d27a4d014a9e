import { CodedError } from '@myelin/kernel';
import { translateDatabaseError } from '@myelin/persistence';
import type { Pool, PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * The driver's own connection, for COPY and prepared statements; from the data source's pool. It is closed when `work`
 * fails, which ends a transaction; `work` may throw a permanent CodedError only while it has none.
 * @throws PersistenceError for what the driver and its pool throw
 */
export async function withConnection<T>(dataSource: DataSource, work: (client: PoolClient) => Promise<T>): Promise<T> {
  try {
    return await connected(dataSource, work);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

async function connected<T>(dataSource: DataSource, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const pool = (dataSource.driver as unknown as { readonly master: Pool }).master;
  const client = await pool.connect();
  let failure: Error | undefined;
  // Without a listener a connection that breaks between two statements ends the process.
  const broke = (error: Error): void => void (failure = error);
  client.on('error', broke);
  try {
    return await work(client);
  } catch (error) {
    // What the work itself refuses, it refuses outside of a transaction.
    if (!(error instanceof CodedError && !error.retryable)) failure = error as Error;
    throw error;
  } finally {
    client.removeListener('error', broke);
    // After a failure nobody knows what state it is in: the pool makes a new one.
    client.release(failure);
  }
}
