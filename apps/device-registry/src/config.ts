import {
  type ConfigOf,
  bytes,
  defineConfig,
  duration,
  integer,
  list,
  loadConfig,
  oneOf,
  port,
  redactedConfig,
  secret,
  text,
  url,
} from '@myelin/config';

const logLevel = oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], { default: 'info' });
const databaseSchema = text('DATABASE_SCHEMA', { default: 'device_registry' });

export const configSchema = defineConfig({
  httpHost: text('HTTP_HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', { default: 7081 }),
  /** Metrics, log level and profiles: without credentials, so never where users can reach it. */
  adminHost: text('ADMIN_HOST', { default: '127.0.0.1' }),
  adminPort: port('ADMIN_PORT', { default: 7181 }),
  brokers: list('KAFKA_BROKERS'),
  namespace: text('KAFKA_NAMESPACE', { default: '' }),
  databaseUrl: secret('DATABASE_URL'),
  databaseSchema,
  databasePool: integer('DATABASE_POOL', { min: 2, max: 200, default: 10 }),
  issuer: url('OIDC_ISSUER'),
  audience: text('OIDC_AUDIENCE', { default: 'myelin' }),
  /** Of one import; it is streamed, so this bounds time and not memory. */
  importMaxBytes: bytes('IMPORT_MAX_BYTES', { default: '256MiB' }),
  drainMs: duration('DRAIN_TIMEOUT', { default: '15s' }),
  logLevel,
});

export const migrationConfigSchema = defineConfig({
  ownerUrl: secret('DATABASE_OWNER_URL'),
  databaseUrl: secret('DATABASE_URL'),
  databaseSchema,
  logLevel,
});

export type ServiceConfig = ConfigOf<typeof configSchema>;
export type MigrationConfig = ConfigOf<typeof migrationConfigSchema>;

export const loadServiceConfig = (): ServiceConfig => loadConfig(configSchema, process.env);
export const loadMigrationConfig = (): MigrationConfig => loadConfig(migrationConfigSchema, process.env);
export const shownServiceConfig = (config: ServiceConfig): Record<string, unknown> =>
  redactedConfig(configSchema, config);
