import { setTimeout } from 'node:timers/promises';
import { CodedError } from '@myelin/kernel';
import {
  type DataSource,
  type EntityManager,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { PersistenceError } from './persistence.errors.js';
import { isConflict, translateDatabaseError } from './translate-error.js';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

export interface TransactionOptions {
  /** READ COMMITTED by default. */
  readonly isolation?: Isolation;
  /** Tries in all when transactions collide (SQLSTATE 40001, 40P01), 5 by default. */
  readonly attempts?: number;
}

const firstDelayMs = 10;
const longestDelayMs = 500;

/**
 * Runs `work` in one transaction and commits it. `work` gets the transaction's manager and must use no other; it is
 * run again from the start when the database ended it for a collision, and only then, so it must not have effects
 * outside of the database. Errors of `work` roll back; errors of the database come as {@link PersistenceError}
 * (`database.conflict` after the last attempt), all others unchanged.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (tx: EntityManager) => Promise<T>,
  { isolation = 'READ COMMITTED', attempts = 5 }: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(dataSource, work, isolation);
    } catch (error) {
      const translated = meaningOf(error);
      if (!isConflict(translated) || attempt >= attempts) throw translated;
      await delay(attempt);
    }
  }
}

async function once<T>(
  dataSource: DataSource,
  work: (tx: EntityManager) => Promise<T>,
  isolation: Isolation,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.startTransaction(isolation);
    const result = await work(runner.manager);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    await abandon(runner);
    throw error;
  } finally {
    await runner.release();
  }
}

async function abandon(runner: QueryRunner): Promise<void> {
  if (runner.isReleased || !runner.isTransactionActive) return;
  // The first error is the one to tell; a connection that cannot roll back is broken, and leaves the pool as such.
  await runner.rollbackTransaction().catch(() => undefined);
}

/** TypeORM releases the runner when its connection breaks between two statements; the next one then says so. */
function meaningOf(error: unknown): unknown {
  if (error instanceof CodedError) return error;
  if (error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError) {
    return PersistenceError.retryable('database.unavailable', 'the connection broke during the transaction');
  }
  return translateDatabaseError(error);
}

/** Full jitter, so that two that collided do not collide again. */
function delay(attempt: number): Promise<void> {
  const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt);
  return setTimeout(Math.random() * ceilingMs);
}
