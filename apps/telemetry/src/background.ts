import { events, telemetryTopic } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type KafkaSettings, createKafkaAdmin, createRecordPublisher } from '@myelin/messaging';
import type { Logger } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { BackgroundWork, type HealthCheck } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import type { TelemetryConfig } from './config.js';
import { measureQuality } from './features/measure-quality/measure-quality.step.js';
import type { HourStep } from './features/roll-up/roll-up.handler.js';
import { WatchConsumerLagHandler } from './features/watch-consumer-lag/watch-consumer-lag.handler.js';
import { hourMs } from './domain/hour-marks.js';
import { keptQualityDays } from './domain/quality-measures.js';
import { dayMs } from './domain/retention.js';
import { withConnection } from './persistence/connection.js';
import { deleteQualityBefore } from './persistence/data-quality.writer.js';
import { ProfileTable } from './profiles/profile-table.js';

export interface Background {
  readonly health: HealthCheck;
  /** For the job that takes the marks of device-hours. */
  readonly hourSteps: readonly HourStep[];
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
  const watchLag = async (): Promise<boolean> => {
    await lag.run();
    return false;
  };
  const works = [
    new BackgroundWork('watch-consumer-lag', watchLag, config.lagCheckMs, logger),
    new BackgroundWork('forget-quality', () => forgetQuality(dataSource), config.housekeepingMs, logger),
  ];
  profiles.start();
  relay.start();
  for (const work of works) work.start();
  const close = async (): Promise<void> => {
    await Promise.all(works.map((work) => work.stop()));
    await Promise.all([relay.close(), profiles.close(), admin.close()]);
    await publisher.close();
  };
  return { health: relay.health(), hourSteps: [measureQuality(profiles, config.schema)], close };
}

const forgottenAtOnce = 10_000;

/** @returns whether there is more to forget */
async function forgetQuality(dataSource: DataSource): Promise<boolean> {
  const before = Math.floor((systemClock.nowMs() - keptQualityDays * dayMs) / hourMs);
  const forgotten = await withConnection(dataSource, (client) => deleteQualityBefore(client, before, forgottenAtOnce));
  return forgotten === forgottenAtOnce;
}
