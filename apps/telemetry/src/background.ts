import { events, telemetryTopic } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type KafkaSettings, createKafkaAdmin, createRecordPublisher } from '@myelin/messaging';
import { type Logger, meter } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { BackgroundWork, type HealthCheck } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import type { TelemetryConfig } from './config.js';
import { FilterMeasurementsHandler } from './features/filter-measurements/filter-measurements.handler.js';
import { noteHoursToFilter } from './features/filter-measurements/note-hours.step.js';
import { measureQuality } from './features/measure-quality/measure-quality.step.js';
import type { HourStep } from './features/roll-up/roll-up.handler.js';
import { restAsLong } from './features/roll-up/roll-up.job.js';
import { WatchConsumerLagHandler } from './features/watch-consumer-lag/watch-consumer-lag.handler.js';
import { hourMs } from './domain/hour-marks.js';
import { keptQualityDays } from './domain/quality-measures.js';
import { dayMs } from './domain/retention.js';
import { withConnection } from './persistence/connection.js';
import { deleteQualityBefore } from './persistence/data-quality.writer.js';
import type { FilteredCounts } from './persistence/discard.writer.js';
import { ProfileTable } from './profiles/profile-table.js';

export interface Background {
  readonly health: HealthCheck;
  /** For the job that takes the marks of device-hours. */
  readonly hourSteps: readonly HourStep[];
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

export interface BackgroundSources {
  readonly writer: DataSource;
  /** For what follows from stored measurements: one connection, which is not one of the writer's. */
  readonly upkeep: DataSource;
}

/** What goes on by itself beside consuming and answering. Any number of processes may run it at once. */
export function startBackground(
  config: TelemetryConfig,
  kafka: KafkaSettings,
  { writer: dataSource, upkeep }: BackgroundSources,
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
  const stopping = new AbortController();
  const filter = new FilterMeasurementsHandler(upkeep, systemClock, profiles, {
    ...{ graceMs: config.rollUpGraceMs, rest: restAsLong, onFiltered: filteredCounter() },
  });
  const filterMeasurements = async (): Promise<boolean> => {
    await filter.run(stopping.signal);
    return false;
  };
  const works = [
    new BackgroundWork('filter-measurements', filterMeasurements, config.rollUpMs, logger),
    new BackgroundWork('watch-consumer-lag', watchLag, config.lagCheckMs, logger),
    new BackgroundWork('forget-quality', () => forgetQuality(dataSource), config.housekeepingMs, logger),
  ];
  profiles.start();
  relay.start();
  for (const work of works) work.start();
  const close = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(works.map((work) => work.stop()));
    await Promise.all([relay.close(), profiles.close(), admin.close()]);
    await publisher.close();
  };
  const hourSteps = [measureQuality(profiles, config.schema), noteHoursToFilter(profiles, config.rollUpGraceMs)];
  return { health: relay.health(), hourSteps, close };
}

function filteredCounter(): (counts: readonly FilteredCounts[]) => void {
  const measurements = meter('telemetry').createCounter('myelin.telemetry.filtered', { unit: '{measurement}' });
  const values = meter('telemetry').createCounter('myelin.telemetry.filtered_values', { unit: '{value}' });
  return (counts) => {
    for (const count of counts) {
      measurements.add(count.measurements);
      values.add(count.values);
    }
  };
}

const forgottenAtOnce = 10_000;

/** @returns whether there is more to forget */
async function forgetQuality(dataSource: DataSource): Promise<boolean> {
  const before = Math.floor((systemClock.nowMs() - keptQualityDays * dayMs) / hourMs);
  const forgotten = await withConnection(dataSource, (client) => deleteQualityBefore(client, before, forgottenAtOnce));
  return forgotten === forgottenAtOnce;
}
