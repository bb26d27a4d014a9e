import type { DataSource } from 'typeorm';
import { PersistenceError } from './persistence.errors.js';
import { translateDatabaseError } from './translate-error.js';

/** The shape that the service kit takes its checks in. */
export interface HealthCheck {
  readonly name: string;
  /** Throws when unhealthy. */
  check(): Promise<void>;
  /** Whether the service must not get requests while this fails. */
  readonly critical: boolean;
}

/** One round trip through the pool; fails with a PersistenceError, at the latest after `timeoutMs`. */
export function databaseHealth(dataSource: DataSource, timeoutMs = 2_000): HealthCheck {
  return {
    name: 'database',
    critical: true,
    async check(): Promise<void> {
      if (!dataSource.isInitialized) {
        throw PersistenceError.retryable('database.unavailable', 'not connected to the database');
      }
      try {
        await within(timeoutMs, dataSource.query('SELECT 1'));
      } catch (error) {
        throw translateDatabaseError(error);
      }
    },
  };
}

async function within(timeoutMs: number, answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(PersistenceError.retryable('database.timeout', `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
