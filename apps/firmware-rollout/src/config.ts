import {
  type ConfigOf,
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
import { artifactVariables } from './artifacts/artifact-variables.js';
import { gatewayTokensPattern } from './features/serve-devices/gateway-tokens.js';
import { deviceLimitVariables } from './features/serve-devices/device-limit-variables.js';

const database = {
  schema: text('DATABASE_SCHEMA', { default: 'firmware_rollout' }),
  /** The application role's. */
  databaseUrl: secret('DATABASE_URL'),
  logLevel: oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], { default: 'info' }),
};

export const configSchema = defineConfig({
  ...database,
  httpHost: text('HTTP_HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', { default: 7084 }),
  /** Metrics, log level and profiles: without credentials, so never where users can reach it. */
  adminHost: text('ADMIN_HOST', { default: '127.0.0.1' }),
  adminPort: port('ADMIN_PORT', { default: 7184 }),
  brokers: list('KAFKA_BROKERS', { default: '127.0.0.1:19092' }),
  kafkaNamespace: text('KAFKA_NAMESPACE', { default: '' }),
  databasePool: integer('DATABASE_POOL', { default: 10, min: 2, max: 200 }),
  /** A member that is silent for longer (killed, for instance) is replaced; what it held waits as long. */
  sessionTimeoutMs: duration('KAFKA_SESSION_TIMEOUT', { default: '10s' }),
  maxBatchRecords: integer('MAX_BATCH_RECORDS', { default: 2_000, min: 1, max: 20_000 }),
  /** `scheme://host[:port]` under which devices reach this service; without it links are as each request's `Host` says. */
  deviceUrl: url('DEVICE_URL', { optional: true }),
  /** Whoever has a tenant's token speaks for every device of it; without one nobody does. */
  gatewayTokens: secret('GATEWAY_TOKENS', {
    optional: true,
    ...{ pattern: gatewayTokensPattern, expected: 'tenant=<SHA-256 of its token in hex>, separated by commas' },
  }),
  /** How often devices are to ask, each a little off it. */
  pollingIntervalMs: duration('POLLING_INTERVAL', { default: '5m', minMs: 30_000 }),
  pollingDeviationPercent: integer('POLLING_DEVIATION_PERCENT', { default: 10, min: 0, max: 50 }),
  /** How often a device is to ask that has something to do. */
  urgentPollingMs: duration('URGENT_POLLING_INTERVAL', { default: '30s', minMs: 30_000 }),
  /** How long the engine of rollouts rests when there is nothing to do. */
  engineMs: duration('ENGINE_INTERVAL', { default: '1s' }),
  issuer: url('OIDC_ISSUER'),
  audience: text('OIDC_AUDIENCE', { default: 'myelin' }),
  drainMs: duration('DRAIN_TIMEOUT', { default: '15s' }),
  ...artifactVariables,
  ...deviceLimitVariables,
});

export type FirmwareConfig = ConfigOf<typeof configSchema>;

/** @throws ConfigError with every problem at once */
export function firmwareConfig(environment: Environment = process.env): FirmwareConfig {
  return loadConfig(configSchema, environment);
}

export const migrationConfigSchema = defineConfig({ ...database, ownerUrl: secret('DATABASE_OWNER_URL') });

/** For the migrate command. @throws ConfigError with every problem at once */
export function migrationConfig(environment: Environment = process.env): ConfigOf<typeof migrationConfigSchema> {
  return loadConfig(migrationConfigSchema, environment);
}
