import type { Logger } from '@myelin/observability';
import { KafkaTransport, consumptionHealth } from '@myelin/messaging';
import { createDataSource, databaseHealth, schemaHealth } from '@myelin/persistence';
import { type RunningService, startService } from '@myelin/service-kit';
import { type QueryLimits, appModule } from './app.module.js';
import { createBackground } from './background.js';
import type { TelemetryConfig } from './config.js';
import type { GroupLimits } from './features/store-measurements/group-commit.js';
import { queryProblems } from './http/query-problems.js';
import { openApiSettings, serviceName, version } from './identity.js';
import { entities } from './persistence/entities.js';
import { migrations } from './persistence/migrations/index.js';

/** Connects, makes today's partitions, then consumes and answers. @throws PersistenceError when the database is away */
export async function startTelemetry(
  config: TelemetryConfig,
  logger: Logger,
  options: { readonly handleSignals?: boolean } = {},
): Promise<RunningService> {
  const sources = dataSources(config);
  const { writer, reader } = sources;
  await Promise.all(Object.values(sources).map((one) => one.initialize()));
  const kafka = { brokers: config.brokers, clientId: serviceName, namespace: config.kafkaNamespace };
  const background = createBackground(config, kafka, sources, logger);
  const transport = new KafkaTransport({
    settings: kafka,
    logger,
    maxBatchRecords: config.maxBatchRecords,
    // A batch or two: what waits is what garbage collection copies.
    maxQueuedBytesPerPartition: 2 * 1024 * 1024,
    sessionTimeoutMs: config.sessionTimeoutMs,
    // A database that comes back is noticed soon; an attempt costs little.
    retry: { initialMs: 200, maxMs: 5_000 },
  });
  return startService({
    name: serviceName,
    version,
    module: appModule({ writer, reader, grouping: groupingOf(config), queryLimits: queryLimitsOf(config) }),
    problems: queryProblems,
    http: { host: config.httpHost, port: config.httpPort },
    admin: { host: config.adminHost, port: config.adminPort },
    logger,
    operatorAuth: { issuer: config.issuer, audience: config.audience },
    health: () => [
      databaseHealth(reader),
      schemaHealth(reader, migrations),
      consumptionHealth(transport),
      background.health,
    ],
    transport,
    drainMs: config.drainMs,
    openApi: openApiSettings,
    beforeListen: () => background.start(),
    afterClose: async () => {
      await background.close();
      await Promise.all(Object.values(sources).map((one) => one.destroy()));
    },
    ...options,
  });
}

const upkeepTimeoutMs = 300_000;

/** Pools that cannot starve each other. */
function dataSources(config: TelemetryConfig) {
  const source = (role: string, poolSize: number, settings: { readonly statementTimeoutMs?: number } = {}) =>
    createDataSource({
      ...{ url: config.databaseUrl, schema: config.schema, entities, migrations },
      ...{ applicationName: `${serviceName}:${role}`, poolSize, ...settings },
    });
  return {
    writer: source('writer', config.writerConnections),
    reader: source('reader', config.readerConnections, { statementTimeoutMs: config.queryTimeoutMs }),
    // A single hour of a single device may hold half a million rows.
    // Rolling up keeps its connection for as long as it takes, and what filters does not wait for that.
    upkeep: source('upkeep', 2, { statementTimeoutMs: upkeepTimeoutMs }),
    freezer: source('freezer', 1),
  };
}

function queryLimitsOf(config: TelemetryConfig): QueryLimits {
  const { readerConnections: connections, tenantConnections, tenantOpenQueries, queryTimeoutMs } = config;
  const connectionsPerTenant = Math.max(1, Math.min(tenantConnections, connections - 1));
  return { connections, connectionsPerTenant, openPerTenant: tenantOpenQueries, patienceMs: queryTimeoutMs };
}

function groupingOf({ writerConnections, maxBatchRecords, maxBatchIntervalMs }: TelemetryConfig): GroupLimits {
  return { lanes: writerConnections, maxSize: maxBatchRecords, maxIntervalMs: maxBatchIntervalMs };
}
