import {
  type ConfigOf,
  type Environment,
  decimal,
  defineConfig,
  duration,
  integer,
  list,
  loadConfig,
  oneOf,
  port,
  secret,
  text,
  url,
} from '@myelin/config';

const database = {
  schema: text('DATABASE_SCHEMA', { default: 'telemetry' }),
  logLevel: oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], { default: 'info' }),
};

export const configSchema = defineConfig({
  ...database,
  httpHost: text('HTTP_HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', { default: 7082 }),
  /** Metrics, log level and profiles: without credentials, so never where users can reach it. */
  adminHost: text('ADMIN_HOST', { default: '127.0.0.1' }),
  adminPort: port('ADMIN_PORT', { default: 7182 }),
  brokers: list('KAFKA_BROKERS', { default: '127.0.0.1:19092' }),
  kafkaNamespace: text('KAFKA_NAMESPACE', { default: '' }),
  /** The application role's. */
  databaseUrl: secret('DATABASE_URL'),
  /** Connections that write; as many transactions are under way at a time. */
  writerConnections: integer('WRITER_CONNECTIONS', { default: 4, min: 1, max: 100 }),
  /** Connections for queries, which never take those of the writer. */
  readerConnections: integer('READER_CONNECTIONS', { default: 6, min: 1, max: 100 }),
  /** Of these, how many the queries of one tenant use at a time; always fewer than all of them, while there are two. */
  tenantConnections: integer('TENANT_CONNECTIONS', { default: 4, min: 1, max: 100 }),
  /** Queries of one tenant from the request to the end of the answer, streams that nobody reads among them. */
  tenantOpenQueries: integer('TENANT_OPEN_QUERIES', { default: 20, min: 1, max: 10_000 }),
  /** Of a statement; as long, one waits for a connection. */
  queryTimeoutMs: duration('QUERY_TIMEOUT', { default: '15s' }),
  /** A member that is silent for longer (killed, for instance) is replaced; what it held waits as long. */
  sessionTimeoutMs: duration('KAFKA_SESSION_TIMEOUT', { default: '10s' }),
  maxBatchRecords: integer('MAX_BATCH_RECORDS', { default: 5_000, min: 1, max: 20_000 }),
  /**
   * The next transaction begins this long after the one before, unless enough waits to fill one: what all partitions brought
   * meanwhile shares it.
   */
  maxBatchIntervalMs: duration('MAX_BATCH_INTERVAL', { default: '50ms' }),
  housekeepingMs: duration('HOUSEKEEPING_INTERVAL', { default: '10m' }),
  /** How often the lag of the declared consumer groups is held against the topic's retention. */
  lagCheckMs: duration('LAG_CHECK_INTERVAL', { default: '1m' }),
  /** Share of the retention after which unread records raise the alarm. */
  lagAlarmShare: decimal('LAG_ALARM_SHARE', { default: 0.8, min: 0.01, max: 0.99 }),
  /** How often what is due is rolled up. */
  rollUpMs: duration('ROLLUP_INTERVAL', { default: '1m' }),
  /** How long after its end an hour is left open for measurements that are slow to come. */
  rollUpGraceMs: duration('ROLLUP_GRACE', { default: '5m' }),
  /** So many whole days lie between today and the days whose measurements are compressed; class `short` never is. */
  coldAfterDays: integer('COLD_AFTER_DAYS', { default: 3, min: 1, max: 10_000 }),
  /** Between runs that compress; the first one comes as long after the start. */
  freezingMs: duration('FREEZING_INTERVAL', { default: '1h' }),
  issuer: url('OIDC_ISSUER'),
  audience: text('OIDC_AUDIENCE', { default: 'myelin' }),
  drainMs: duration('DRAIN_TIMEOUT', { default: '15s' }),
});

export type TelemetryConfig = ConfigOf<typeof configSchema>;

/** @throws ConfigError with every problem at once */
export function telemetryConfig(environment: Environment = process.env): TelemetryConfig {
  return loadConfig(configSchema, environment);
}

export const migrationConfigSchema = defineConfig({ ...database, ownerUrl: secret('DATABASE_OWNER_URL') });

/** For the migrate command. @throws ConfigError with every problem at once */
export function migrationConfig(environment: Environment = process.env): ConfigOf<typeof migrationConfigSchema> {
  return loadConfig(migrationConfigSchema, environment);
}
