export { PersistenceError, type PersistenceErrorCode } from './persistence.errors.js';
export { isConflict, sqlStateOf, translateDatabaseError } from './translate-error.js';
export {
  type DataSourceSettings,
  type EntityClass,
  type MigrationClass,
  createDataSource,
  migrationsTable,
} from './data-source.js';
export { type Isolation, type TransactionOptions, inTransaction } from './transaction.js';
export { type MigrationSettings, runMigrations } from './migrations.js';
export { type ProvisionSettings, type ServiceDatabase, provisionServiceDatabase } from './provision.js';
export { schemaDrift } from './drift.js';
export { type HealthCheck, databaseHealth, schemaHealth } from './health.js';
export { quoteIdentifier, schemaNameOf } from './identifiers.js';
export {
  type DedicatedConnection,
  type DedicatedConnectionOptions,
  openDedicatedConnection,
} from './dedicated-connection.js';
