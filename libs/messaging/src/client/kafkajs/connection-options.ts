import { Kafka, type KafkaConfig, type SASLOptions, logLevel } from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaSettings, MessagingLogger } from '../../settings.js';
import { patchConnection } from './connection-patch.js';
import { patchFetchAnswer } from './fetch-answer-patch.js';
import { patchRequestQueue } from './request-queue-patch.js';

export const defaultRequestTimeoutMs = 30_000;
export const defaultConnectionTimeoutMs = 3_000;

export function tlsOptions(settings: KafkaSettings): ConnectionOptions | boolean {
  const { ssl } = settings;
  if (ssl === undefined || typeof ssl === 'boolean') return ssl ?? false;
  const { ca, ...rest } = ssl;
  return ca === undefined ? rest : { ...rest, ca: typeof ca === 'string' ? ca : [...ca] };
}

/** A client of kafkajs whose own attempts are few: patience is decided by its users. */
export function createKafkaJs(settings: KafkaSettings, logger: MessagingLogger | undefined, retries: number): Kafka {
  patchRequestQueue();
  patchConnection();
  patchFetchAnswer();
  const config: KafkaConfig = {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ssl: tlsOptions(settings),
    ...(settings.sasl ? { sasl: { ...settings.sasl } as SASLOptions } : {}),
    connectionTimeout: settings.connectionTimeoutMs ?? defaultConnectionTimeoutMs,
    requestTimeout: settings.requestTimeoutMs ?? defaultRequestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => relay(entry, logger),
  };
  return new Kafka(config);
}

interface LogEntry {
  readonly namespace: string;
  readonly level: number;
  readonly log: { readonly message: string; readonly [name: string]: unknown };
}

/** The client's own lines are details of what this library reports itself, so they never rise above `debug`. */
function relay({ namespace, log }: LogEntry, logger: MessagingLogger | undefined): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...details } = log;
  logger?.debug({ ...details, client: 'kafkajs', part: namespace }, message);
}
