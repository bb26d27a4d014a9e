import { systemClock } from '@myelin/kernel';
import { createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { createDataSource, databaseHealth } from '@myelin/persistence';
import { type RunningService, startService } from '@myelin/service-kit';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { appModule } from './app.module.js';
import { backgroundWork } from './background.js';
import type { AlertingConfig } from './config.js';
import { openApiSettings, serviceName, version } from './identity.js';
import { entities } from './persistence/entities.js';

/**
 * Connects, answers, and publishes what the outbox holds. Kafka may be away: changes wait in the outbox.
 * @throws PersistenceError when the database is away
 */
export async function startAlerting(
  config: AlertingConfig,
  logger: Logger,
  options: { readonly handleSignals?: boolean } = {},
): Promise<RunningService> {
  const { databaseUrl: url, schema, databasePool: poolSize } = config;
  const dataSource = createDataSource({ url, schema, poolSize, entities, applicationName: serviceName });
  await dataSource.initialize();
  const kafka = { brokers: config.brokers, clientId: serviceName, namespace: config.kafkaNamespace };
  const publisher = createRecordPublisher(kafka, logger);
  const relay = createOutboxRelay({ dataSource, publisher, logger });
  const alerting = new Alerting(dataSource, systemClock, { rulesPerTenant: config.rulesPerTenant });
  const alarms = new AlarmStore(systemClock);
  const background = backgroundWork(alerting, alarms, config, logger);
  relay.start();
  for (const work of background) work.start();
  return startService({
    name: serviceName,
    version,
    module: appModule(alerting, alarms),
    http: { host: config.httpHost, port: config.httpPort },
    logger,
    operatorAuth: { issuer: config.issuer, audience: config.audience },
    health: () => [databaseHealth(dataSource), relay.health()],
    drainMs: config.drainMs,
    openApi: openApiSettings,
    afterClose: async () => {
      for (const work of background) await work.stop();
      await relay.close();
      await publisher.close();
      await dataSource.destroy();
    },
    ...options,
  });
}
