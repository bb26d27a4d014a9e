import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@myelin/observability';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { type MigrationClass, createDataSource, migrationName, migrationsTable } from './data-source.js';
import { quoteIdentifier } from './identifiers.js';
import { PersistenceError } from './persistence.errors.js';
import { translateDatabaseError } from './translate-error.js';

export interface MigrationSettings {
  /** The owner role's address. */
  readonly ownerUrl: string;
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  /** Gets DML on everything that the owner makes, now and later. */
  readonly appRole: string;
  readonly logger: Logger;
  /** How long to wait while another process migrates; 120,000 by default. */
  readonly waitMs?: number;
  /** How long a migration may wait for a lock that running services hold; 10,000 by default. */
  readonly lockTimeoutMs?: number;
}

const askAgainMs = 100;

/**
 * Brings the schema up to date, one transaction per migration, in the order of their timestamps. Any number of
 * processes may do it at once: one works, the others wait and find nothing left. Migrations in the database that this
 * version of the code does not know are left alone: version N-1 runs on schema N.
 * @throws PersistenceError database.migration-failed, database.unavailable, database.timeout
 */
export async function runMigrations(settings: MigrationSettings): Promise<void> {
  const dataSource = createDataSource({
    url: settings.ownerUrl,
    schema: settings.schema,
    migrations: settings.migrations,
    applicationName: `migrate:${settings.schema}`,
    poolSize: 2,
    connectTimeoutMs: 15_000,
    statementTimeoutMs: 0, // a migration takes the time it takes
    lockTimeoutMs: settings.lockTimeoutMs ?? 10_000,
    idleInTransactionTimeoutMs: 0,
  });
  try {
    await dataSource.initialize();
    await migrate(dataSource, settings);
  } catch (error) {
    throw translateDatabaseError(error);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** Lock and migrations share one connection: whoever loses it loses both. */
async function migrate(dataSource: DataSource, settings: MigrationSettings): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await lock(runner, settings);
    await grantToApplication(runner, settings);
    const done = await applyPending(dataSource, runner);
    await grantToApplication(runner, settings);
    await reportUnknown(runner, dataSource, settings);
    settings.logger.info({ schema: settings.schema, migrations: done.map(({ name }) => name) }, 'schema is up to date');
    await runner.query('SELECT pg_advisory_unlock_all()');
  } finally {
    await runner.release();
  }
}

async function applyPending(dataSource: DataSource, runner: QueryRunner): Promise<{ name: string }[]> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'each';
  try {
    return await executor.executePendingMigrations();
  } catch (error) {
    const translated = translateDatabaseError(error);
    if (translated instanceof PersistenceError && translated.retryable) throw translated;
    const [failed] = await executor.getPendingMigrations();
    const cause = translated instanceof PersistenceError ? translated.cause : translated;
    throw PersistenceError.permanent('database.migration-failed', `migration ${failed?.name ?? ''} failed`, { cause });
  }
}

/** Asks instead of waiting inside the database: a waiting statement holds a snapshot, which blocks CREATE INDEX CONCURRENTLY. */
async function lock(runner: QueryRunner, { schema, waitMs = 120_000, logger }: MigrationSettings): Promise<void> {
  const giveUpMs = performance.now() + waitMs;
  for (let asked = 0; ; asked++) {
    const [row] = (await runner.query(`SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked`, [
      `migrate:${schema}`,
    ])) as [{ locked: boolean }];
    if (row.locked) return;
    if (asked === 0) logger.info({ schema }, 'another process is migrating, waiting');
    if (performance.now() > giveUpMs) {
      throw PersistenceError.retryable('database.timeout', `another process has been migrating for ${waitMs} ms`);
    }
    await setTimeout(askAgainMs);
  }
}

/** Idempotent. Default privileges cover what later migrations, and functions with the owner's rights, make. */
async function grantToApplication(runner: QueryRunner, { schema, appRole }: MigrationSettings): Promise<void> {
  const inSchema = `IN SCHEMA ${quoteIdentifier(schema)}`;
  const toApp = `TO ${quoteIdentifier(appRole)}`;
  const dml = 'SELECT, INSERT, UPDATE, DELETE';
  await runner.query(`GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} ${toApp}`);
  await runner.query(`GRANT ${dml} ON ALL TABLES ${inSchema} ${toApp}`);
  await runner.query(`GRANT USAGE, SELECT ON ALL SEQUENCES ${inSchema} ${toApp}`);
  await runner.query(`GRANT EXECUTE ON ALL ROUTINES ${inSchema} ${toApp}`);
  await runner.query(`ALTER DEFAULT PRIVILEGES ${inSchema} GRANT ${dml} ON TABLES ${toApp}`);
  await runner.query(`ALTER DEFAULT PRIVILEGES ${inSchema} GRANT USAGE, SELECT ON SEQUENCES ${toApp}`);
  await runner.query(`ALTER DEFAULT PRIVILEGES ${inSchema} GRANT EXECUTE ON ROUTINES ${toApp}`);
  const history = `${quoteIdentifier(schema)}.${quoteIdentifier(migrationsTable)}`;
  const [{ exists }] = (await runner.query(`SELECT to_regclass($1) IS NOT NULL AS exists`, [history])) as [
    { exists: boolean },
  ];
  if (exists) await runner.query(`REVOKE INSERT, UPDATE, DELETE ON ${history} FROM ${quoteIdentifier(appRole)}`);
}

async function reportUnknown(runner: QueryRunner, dataSource: DataSource, settings: MigrationSettings): Promise<void> {
  const known = new Set(dataSource.migrations.map(migrationName));
  const rows = (await runner.query(`SELECT name FROM ${quoteIdentifier(migrationsTable)} ORDER BY id`)) as {
    name: string;
  }[];
  const unknown = rows.map(({ name }) => name).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    settings.logger.warn({ schema: settings.schema, unknown }, 'the schema is newer than this version of the code');
  }
}
