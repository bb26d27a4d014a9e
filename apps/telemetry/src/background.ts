import { events, telemetryTopic } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type KafkaSettings, createKafkaAdmin, createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { BackgroundWork, type HealthCheck } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import type { TelemetryConfig } from './config.js';
import { WatchConsumerLagHandler } from './features/watch-consumer-lag/watch-consumer-lag.handler.js';
import { ProfileTable } from './profiles/profile-table.js';

export interface Background {
  readonly health: HealthCheck;
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

/** What goes on by itself beside consuming and answering. Any number of processes may run it at once. */
export function startBackground(
  config: TelemetryConfig,
  kafka: KafkaSettings,
  dataSource: DataSource,
  logger: Logger,
): Background {
  const profiles = new ProfileTable(kafka, logger);
  const publisher = createRecordPublisher(kafka, logger);
  const relay = createOutboxRelay({ dataSource, publisher, logger });
  const admin = createKafkaAdmin(kafka, logger);
  const base = { dataSource, clock: systemClock, logger };
  const lag = new WatchConsumerLagHandler({
    ...base,
    admin,
    topic: telemetryTopic,
    events,
    share: config.lagAlarmShare,
  });
  const works = [
    new BackgroundWork(
      'watch-consumer-lag',
      once(() => lag.run()),
      config.lagCheckMs,
      logger,
    ),
  ];
  profiles.start();
  relay.start();
  for (const work of works) work.start();
  const close = async (): Promise<void> => {
    await Promise.all(works.map((work) => work.stop()));
    await Promise.all([relay.close(), profiles.close(), admin.close()]);
    await publisher.close();
  };
  return { health: relay.health(), close };
}

function once(run: () => Promise<void>): () => Promise<boolean> {
  return async () => {
    await run();
    return false;
  };
}
