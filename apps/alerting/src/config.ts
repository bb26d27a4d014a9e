import {
  ConfigError,
  type ConfigOf,
  type ConfigProblem,
  type Environment,
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
import { minAlarmRetentionMs } from './domain/alarms/alarm.js';
import { AddressGuard } from './features/deliver-notifications/address-guard.js';
import { notificationProblems } from './notifications/notification-settings.js';
import { notificationVariables } from './notifications/notification-variables.js';

const database = {
  schema: text('DATABASE_SCHEMA', { default: 'alerting' }),
  /** The application role's. */
  databaseUrl: secret('DATABASE_URL'),
  logLevel: oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], { default: 'info' }),
};

export const configSchema = defineConfig({
  ...database,
  httpHost: text('HTTP_HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', { default: 7083 }),
  /** Metrics, log level and profiles: without credentials, so never where users can reach it. */
  adminHost: text('ADMIN_HOST', { default: '127.0.0.1' }),
  adminPort: port('ADMIN_PORT', { default: 7183 }),
  brokers: list('KAFKA_BROKERS', { default: '127.0.0.1:19092' }),
  kafkaNamespace: text('KAFKA_NAMESPACE', { default: '' }),
  databasePool: integer('DATABASE_POOL', { default: 10, min: 2, max: 200 }),
  /** Every process that evaluates holds all of them. */
  rulesPerTenant: integer('RULES_PER_TENANT', { default: 10_000, min: 1, max: 10_000 }),
  /** Between two checkpoints of what rules remember of a partition's devices: as much is evaluated again after a crash. */
  checkpointMs: duration('CHECKPOINT_INTERVAL', { default: '30s' }),
  /** How long changes of rules and devices are collected before they are followed together. */
  followMs: duration('FOLLOW_INTERVAL', { default: '200ms' }),
  /** A member that is silent for longer (killed, for instance) is replaced; what it held waits as long. */
  sessionTimeoutMs: duration('KAFKA_SESSION_TIMEOUT', { default: '10s' }),
  maxBatchRecords: integer('MAX_BATCH_RECORDS', { default: 2_000, min: 1, max: 20_000 }),
  /** How soon alarms are cleared whose device is there no more, or has left the reach of its rule. */
  unconcernedMs: duration('CLEAR_UNCONCERNED_INTERVAL', { default: '2s' }),
  /** How long an alarm is kept after it was cleared. */
  alarmRetentionMs: duration('ALARM_RETENTION', { default: '90d', minMs: minAlarmRetentionMs }),
  housekeepingMs: duration('HOUSEKEEPING_INTERVAL', { default: '10m' }),
  ...notificationVariables,
  issuer: url('OIDC_ISSUER'),
  audience: text('OIDC_AUDIENCE', { default: 'myelin' }),
  drainMs: duration('DRAIN_TIMEOUT', { default: '15s' }),
});

export type AlertingConfig = ConfigOf<typeof configSchema>;

/** @throws ConfigError with every problem at once */
export function alertingConfig(environment: Environment = process.env): AlertingConfig {
  const config = loadConfig(configSchema, environment);
  const problems = [...notificationProblems(config), ...addressProblems(config.allowedAddresses ?? [])];
  if (problems.length > 0) throw ConfigError.of(problems);
  return config;
}

function addressProblems(ranges: readonly string[]): ConfigProblem[] {
  return ranges.flatMap((range) => {
    try {
      new AddressGuard([range]);
      return [];
    } catch {
      const expected = 'ranges of addresses such as 10.1.0.0/16, separated by commas';
      return [{ variable: 'NOTIFICATION_ALLOWED_ADDRESSES', problem: `has ${range}`, expected }];
    }
  });
}

export const migrationConfigSchema = defineConfig({ ...database, ownerUrl: secret('DATABASE_OWNER_URL') });

/** For the migrate command. @throws ConfigError with every problem at once */
export function migrationConfig(environment: Environment = process.env): ConfigOf<typeof migrationConfigSchema> {
  return loadConfig(migrationConfigSchema, environment);
}
