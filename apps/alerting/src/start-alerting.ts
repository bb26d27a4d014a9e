import { describeError, systemClock, utcOffsetMsAt } from '@myelin/kernel';
import { KafkaTransport, consumptionHealth, createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { createDataSource, databaseHealth, schemaHealth } from '@myelin/persistence';
import { type HealthCheck, type RunningService, startService } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import { Alerting } from './alerting.js';
import { AlarmStore } from './alarms/alarm-store.js';
import { applyFound } from './alarms/apply-found.js';
import { ConcernedDevices } from './alarms/count-concerned.js';
import { appModule } from './app.module.js';
import { type Background, createBackground } from './background.js';
import type { AlertingConfig } from './config.js';
import { Fleet } from './domain/fleet/fleet.js';
import { EvaluateRulesHandler } from './features/evaluate-rules/evaluate-rules.handler.js';
import { placingBy } from './features/evaluate-rules/placing.js';
import { openApiSettings, serviceName, version } from './identity.js';
import { createNotifying } from './notifying.js';
import { entities } from './persistence/entities.js';
import { migrations } from './persistence/migrations.js';

/**
 * Connects, evaluates, answers, and publishes what the outbox holds. Kafka may be away: changes wait in the outbox.
 * @throws PersistenceError when the database is away
 */
export async function startAlerting(
  config: AlertingConfig,
  logger: Logger,
  options: { readonly handleSignals?: boolean } = {},
): Promise<RunningService> {
  const { databaseUrl: url, schema, databasePool: poolSize, httpHost, httpPort, adminHost, adminPort } = config;
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
  const alerting = new Alerting(dataSource, systemClock, { rulesPerTenant: config.rulesPerTenant });
  const alarms = new AlarmStore(systemClock);
  const fleet = new Fleet((timeZone) => ({ offsetMsAt: (atMs) => utcOffsetMsAt(timeZone, atMs) }));
  const finding = { alarms, fleet, concerned: new ConcernedDevices(fleet) };
  const evaluation = new EvaluateRulesHandler(dataSource, fleet, {
    checkpointEveryMs: config.checkpointMs,
    apply: async (tx, found) => {
      const changes = await applyFound(tx, finding, found);
      return () => alarms.committed(changes);
    },
    ...{ fleetIsKnown: () => background.fleetIsKnown(), placing: placingBy(kafka, logger) },
  });
  const background: Background = createBackground(config, { ...finding, alerting, evaluation, kafka, logger });
  const notifying = createNotifying(config, { dataSource, alerting, logger });
  return startService({
    name: serviceName,
    version,
    module: appModule({ alerting, alarms, fleet, evaluation, notifying }),
    ...{ http: { host: httpHost, port: httpPort }, admin: { host: adminHost, port: adminPort } },
    logger,
    operatorAuth: { issuer: config.issuer, audience: config.audience },
    health: () => [...databaseChecks(dataSource), relay.health(), consumptionHealth(transport)],
    transport,
    drainMs: config.drainMs,
    openApi: openApiSettings,
    beforeListen: () => {
      relay.start();
      background.start();
      notifying.start();
    },
    afterClose: async () => {
      // What was evaluated since the last checkpoint need not be evaluated again by who comes next.
      await evaluation
        .store()
        .catch((error: unknown) => logger.warn({ error: describeError(error) }, 'no last checkpoint'));
      await Promise.all([background.close(), notifying.close()]);
      await relay.close();
      await publisher.close();
      await dataSource.destroy();
    },
    ...options,
  });
}

function databaseChecks(dataSource: DataSource): readonly HealthCheck[] {
  return [databaseHealth(dataSource), schemaHealth(dataSource, migrations)];
}
