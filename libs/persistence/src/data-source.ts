import { DataSource, type DataSourceOptions, type EntitySchema, type MigrationInterface } from 'typeorm';
import { checkedSchemaName } from './identifiers.js';
import { watchPool } from './pool-metrics.js';
import { quietLogger } from './quiet-logger.js';
import { SessionClient } from './session-client.js';

export type EntityClass = (abstract new (...args: never[]) => object) | EntitySchema;
export type MigrationClass = new () => MigrationInterface;

export interface DataSourceSettings {
  /** `postgres://role:password@host:port/database`; the application role for services, the owner role for migrations. */
  readonly url: string;
  /** The service's schema, used as search_path and for entities without a schema of their own. */
  readonly schema: string;
  readonly entities?: readonly EntityClass[];
  /** Classes in any order; each name ends in its timestamp (13 digits), which decides the order. */
  readonly migrations?: readonly MigrationClass[];
  /** Seen in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections at most, 10 by default. Taking one waits up to `connectTimeoutMs`. */
  readonly poolSize?: number;
  /** 15,000 by default, 0 = none. */
  readonly statementTimeoutMs?: number;
  /** 5,000 by default, 0 = none. */
  readonly lockTimeoutMs?: number;
  /** A transaction that waits this long for its next statement is ended by the server; 30,000 by default, 0 = never. */
  readonly idleInTransactionTimeoutMs?: number;
  /** For a new connection, and for a free place in the pool; 5,000 by default. */
  readonly connectTimeoutMs?: number;
  /** A connection that is silent this much longer than `statementTimeoutMs` counts as broken; 5,000 by default. */
  readonly answerGraceMs?: number;
}

export const migrationsTable = 'schema_migrations';

/** As the history of the schema has it. */
export function migrationName(migration: MigrationInterface): string {
  return migration.name ?? migration.constructor.name;
}

const defaults = {
  poolSize: 10,
  statementTimeoutMs: 15_000,
  lockTimeoutMs: 5_000,
  idleInTransactionTimeoutMs: 30_000,
  connectTimeoutMs: 5_000,
  answerGraceMs: 5_000,
};

/** Not yet connected: call `initialize()`. Never synchronizes; `where` with undefined throws (TypeORM 1). */
export function createDataSource(settings: DataSourceSettings): DataSource {
  const { poolSize, connectTimeoutMs } = { ...defaults, ...settings };
  const options: DataSourceOptions = {
    type: 'postgres',
    url: settings.url,
    schema: checkedSchemaName(settings.schema),
    applicationName: settings.applicationName,
    entities: [...(settings.entities ?? [])] as never[],
    migrations: [...(settings.migrations ?? [])],
    migrationsTableName: migrationsTable,
    migrationsTransactionMode: 'each',
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    installExtensions: false, // DDL; the application role has none
    uuidExtension: 'pgcrypto', // gen_random_uuid(), part of PostgreSQL itself
    logging: false,
    logger: quietLogger,
    poolSize,
    connectTimeoutMS: connectTimeoutMs,
    extra: sessionSettings(settings),
    // A pooled connection that breaks while idle is replaced by the pool; whoever needs one meanwhile gets the error.
    poolErrorHandler: () => undefined,
  };
  const dataSource = new DataSource(options);
  watchPool(settings.applicationName, dataSource, poolSize);
  return dataSource;
}

function sessionSettings(settings: DataSourceSettings): Record<string, unknown> {
  const { statementTimeoutMs, lockTimeoutMs, idleInTransactionTimeoutMs, answerGraceMs } = { ...defaults, ...settings };
  return {
    Client: SessionClient,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    ...(statementTimeoutMs > 0 ? { query_timeout: statementTimeoutMs + answerGraceMs } : {}),
    options: `-c search_path=${settings.schema}`,
  };
}
