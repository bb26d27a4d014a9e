import { type Clock, systemClock } from '@myelin/kernel';
import { KafkaTransport, consumptionHealth, createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { createDataSource, databaseHealth, schemaHealth } from '@myelin/persistence';
import { type RunningService, startService } from '@myelin/service-kit';
import { appModule } from './app.module.js';
import { Artifacts } from './artifacts/artifacts.js';
import { createBackground } from './background.js';
import type { FirmwareConfig } from './config.js';
import { RunningDeviceEdge } from './device-edge.js';
import { acceptUploads } from './features/upload-artifact/accept-uploads.js';
import { Firmware } from './firmware.js';
import { openApiSettings, serviceName, version } from './identity.js';
import { entities } from './persistence/entities.js';
import { migrations } from './persistence/migrations.js';

/** A piece of an upload that takes longer is cut off; what came of it counts, and its client goes on. */
const requestTimeoutMs = 600_000;

/**
 * Connects, answers, and publishes what the outbox holds. Kafka may be away: changes wait in the outbox.
 * @throws PersistenceError when the database is away
 */
export async function startFirmwareRollout(
  config: FirmwareConfig,
  logger: Logger,
  { clock = systemClock, ...options }: { readonly handleSignals?: boolean; readonly clock?: Clock } = {},
): Promise<RunningService> {
  const { databaseUrl: url, schema, databasePool: poolSize } = config;
  const dataSource = createDataSource({ url, schema, poolSize, entities, applicationName: serviceName });
  await dataSource.initialize();
  const kafka = { brokers: config.brokers, clientId: serviceName, namespace: config.kafkaNamespace };
  const publisher = createRecordPublisher(kafka, logger);
  const relay = createOutboxRelay({ dataSource, publisher, logger });
  const transport = new KafkaTransport({
    settings: kafka,
    logger,
    maxBatchRecords: config.maxBatchRecords,
    sessionTimeoutMs: config.sessionTimeoutMs,
    // A database that comes back is noticed soon; an attempt costs little.
    retry: { initialMs: 200, maxMs: 5_000 },
  });
  const firmware = new Firmware(dataSource, clock, logger);
  const artifacts = new Artifacts(config);
  const edge = new RunningDeviceEdge(config, { firmware, artifacts, kafka, logger });
  const background = createBackground({ firmware, artifacts, logger, engineMs: config.engineMs });
  return startService({
    name: serviceName,
    version,
    module: appModule({ firmware, artifacts, lastSeen: edge.lastSeen, polls: edge.polls }),
    http: { host: config.httpHost, port: config.httpPort, requestTimeoutMs },
    admin: { host: config.adminHost, port: config.adminPort },
    logger,
    operatorAuth: { issuer: config.issuer, audience: config.audience },
    health: () => [
      databaseHealth(dataSource),
      schemaHealth(dataSource, migrations),
      relay.health(),
      consumptionHealth(transport),
      edge.health(),
    ],
    hotRoutes: edge.routes,
    transport,
    drainMs: config.drainMs,
    openApi: openApiSettings,
    beforeListen: (app) => {
      acceptUploads(app);
      relay.start();
      background.start();
      edge.start();
    },
    afterClose: async () => {
      await Promise.all([background.close(), edge.close()]);
      await artifacts.close();
      await relay.close();
      await publisher.close();
      await dataSource.destroy();
    },
    ...options,
  });
}
