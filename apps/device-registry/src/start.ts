import { type Clock, systemClock } from '@myelin/kernel';
import { createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { createDataSource, databaseHealth, schemaHealth } from '@myelin/persistence';
import { type RunningService, startService } from '@myelin/service-kit';
import { appModule } from './app.module.js';
import { backgroundWork } from './background.js';
import type { ServiceConfig } from './config.js';
import { countDevices } from './features/count-devices/count-devices.js';
import { acceptMediaTypes } from './http/media-types.js';
import { openApi, serviceName as name, version } from './identity.js';
import { entities } from './persistence/entities.js';
import { migrations } from './persistence/migrations.js';
import { Registry } from './registry.js';

const importedLine = { maxLineBytes: 16_384, maxLines: 100_000 };

export interface StartOptions {
  readonly clock?: Clock;
  /** False in tests that run in-process. */
  readonly handleSignals?: boolean;
}

/** Connects, serves, and publishes what the outbox holds. Kafka may be away: changes wait in the outbox. */
export async function startDeviceRegistry(
  config: ServiceConfig,
  logger: Logger,
  { clock = systemClock, handleSignals = true }: StartOptions = {},
): Promise<RunningService> {
  const { databaseUrl: url, databaseSchema: schema, databasePool: poolSize } = config;
  const dataSource = createDataSource({ url, schema, poolSize, entities, applicationName: name });
  await dataSource.initialize();
  const kafka = { brokers: config.brokers, clientId: name, namespace: config.namespace };
  const publisher = createRecordPublisher(kafka, logger);
  const relay = createOutboxRelay({ dataSource, publisher, logger });
  const registry = new Registry(dataSource, clock, logger);
  const background = backgroundWork(registry, logger);
  relay.start();
  for (const work of background) work.start();
  const uncount = countDevices(registry);
  return startService({
    ...{ name, version, logger, openApi, handleSignals, drainMs: config.drainMs },
    module: appModule(registry, { ...importedLine, maxBytes: config.importMaxBytes }),
    http: { host: config.httpHost, port: config.httpPort, requestTimeoutMs: 600_000 },
    admin: { host: config.adminHost, port: config.adminPort },
    operatorAuth: { issuer: config.issuer, audience: config.audience },
    health: () => [databaseHealth(dataSource), schemaHealth(dataSource, migrations), relay.health()],
    beforeListen: acceptMediaTypes,
    afterClose: async () => {
      uncount();
      for (const work of background) await work.stop();
      await relay.close();
      await publisher.close();
      await dataSource.destroy();
    },
  });
}
