import { hostname } from 'node:os';
import {
  type ConfigOf,
  boolean,
  bytes,
  defineConfig,
  duration,
  type Environment,
  integer,
  list,
  loadConfig,
  oneOf,
  port,
  text,
} from '@myelin/config';

export const configSchema = defineConfig({
  httpHost: text('HTTP_HOST', { default: '127.0.0.1' }),
  httpPort: port('HTTP_PORT', { default: 7080 }),
  /** Metrics, log level and profiles: without credentials, so never where users can reach it. */
  adminHost: text('ADMIN_HOST', { default: '127.0.0.1' }),
  adminPort: port('ADMIN_PORT', { default: 7180 }),
  /** Whether `X-Forwarded-For` names the client: true only behind a proxy that sets it. */
  trustProxy: boolean('TRUST_PROXY', { default: false }),
  brokers: list('KAFKA_BROKERS', { default: '127.0.0.1:19092' }),
  kafkaNamespace: text('KAFKA_NAMESPACE', { default: '' }),
  /** Unique among the gateways that run at a time; part of `ce_source` and the key of ticks. */
  instance: text('GATEWAY_INSTANCE', {
    default: `${hostname()}-${process.pid}`.slice(-128),
    pattern: /^[A-Za-z0-9._-]{1,128}$/,
    expected: '1 to 128 of A-Z a-z 0-9 . _ -',
  }),
  /** How many gateways share the rate of a tenant. */
  instances: integer('GATEWAY_INSTANCES', { default: 1, min: 1, max: 10_000 }),
  /** Absent: the engine that the messaging library recommends. */
  engine: oneOf('PUBLISH_ENGINE', ['kafkajs', 'platformatic'], { optional: true }),
  lingerMs: duration('PUBLISH_LINGER', { default: '5ms' }),
  maxQueuedBytes: bytes('PUBLISH_QUEUE', { default: '64MiB' }),
  /** From a report to Kafka's acknowledgement; then the device is told to come again. */
  deliveryTimeoutMs: duration('PUBLISH_TIMEOUT', { default: '10s' }),
  /** Wrong credentials per client address and second, before they are answered with 429. */
  failedAttemptsPerSecond: integer('FAILED_ATTEMPTS_PER_SECOND', { default: 20, min: 1 }),
  /** From the signal to the end. Half of it belongs to requests under way, which may wait for Kafka. */
  drainMs: duration('DRAIN_TIMEOUT', { default: '25s' }),
  logLevel: oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error'], { default: 'info' }),
});

export type GatewayConfig = ConfigOf<typeof configSchema>;

/** @throws ConfigError with every problem at once */
export function gatewayConfig(environment: Environment = process.env): GatewayConfig {
  return loadConfig(configSchema, environment);
}
