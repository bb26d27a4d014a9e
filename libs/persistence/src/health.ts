import type { DataSource } from 'typeorm';
import { type MigrationClass, migrationName, migrationsTable } from './data-source.js';
import { quoteIdentifier } from './identifiers.js';
import { PersistenceError } from './persistence.errors.js';
import { sqlStateOf, translateDatabaseError } from './translate-error.js';

/** SQLSTATE */
const undefinedTable = '42P01';

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

/**
 * Every migration that the code knows is applied; what is applied beyond them belongs to a later version, which this one
 * works beside. Asks until it has passed once: migrations only go forwards. Fails with a PersistenceError
 * database.schema-behind, or as `databaseHealth`.
 */
export function schemaHealth(
  dataSource: DataSource,
  migrations: readonly MigrationClass[],
  timeoutMs = 2_000,
): HealthCheck {
  let isRight = false;
  return {
    name: 'schema',
    critical: true,
    async check(): Promise<void> {
      if (isRight) return;
      const applied = new Set(await within(timeoutMs, appliedMigrations(dataSource)));
      const missing = migrations
        .map((migration) => migrationName(new migration()))
        .filter((name) => !applied.has(name));
      if (missing[0] !== undefined) {
        const message = `${missing.length} migrations are not applied, the first of them ${missing[0]}`;
        throw PersistenceError.retryable('database.schema-behind', message);
      }
      isRight = true;
    },
  };
}

/** None where nobody has ever migrated. */
async function appliedMigrations(dataSource: DataSource): Promise<string[]> {
  try {
    const rows = (await dataSource.query(`SELECT name FROM ${quoteIdentifier(migrationsTable)}`)) as { name: string }[];
    return rows.map(({ name }) => name);
  } catch (error) {
    if (sqlStateOf(error) === undefinedTable) return [];
    throw translateDatabaseError(error);
  }
}

async function within<Answer>(timeoutMs: number, answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(PersistenceError.retryable('database.timeout', `no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
