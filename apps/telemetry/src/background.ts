import { setTimeout as delay } from 'node:timers/promises';
import { events, telemetryTopic } from '@myelin/contracts';
import { systemClock } from '@myelin/kernel';
import { type KafkaAdmin, type KafkaSettings, createKafkaAdmin, createRecordPublisher } from '@myelin/messaging';
import { type Logger, counter, metrics } from '@myelin/observability';
import { createOutboxRelay } from '@myelin/outbox';
import { BackgroundWork, type HealthCheck, type Step } from '@myelin/service-kit';
import type { DataSource } from 'typeorm';
import type { TelemetryConfig } from './config.js';
import { FreezeColdDaysHandler } from './features/freeze-cold-days/freeze-cold-days.handler.js';
import { FilterMeasurementsHandler } from './features/filter-measurements/filter-measurements.handler.js';
import { noteHoursToFilter } from './features/filter-measurements/note-hours.step.js';
import { KeepRetentionHandler } from './features/keep-retention/keep-retention.handler.js';
import { measureQuality } from './features/measure-quality/measure-quality.step.js';
import { RollUpHandler } from './features/roll-up/roll-up.handler.js';
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
  /** Resolves when retention was looked after once: today's partitions are there. */
  start(): Promise<void>;
  /** Ends after the steps under way. */
  close(): Promise<void>;
}

export interface BackgroundSources {
  readonly writer: DataSource;
  /** For what follows from stored measurements: a connection for each work, none of them one of the writer's. */
  readonly upkeep: DataSource;
  /** For compressing cold days: one connection, kept for as long as that takes. */
  readonly freezer: DataSource;
}

/** What goes on by itself beside consuming and answering. Any number of processes may run it at once. */
export function createBackground(
  config: TelemetryConfig,
  kafka: KafkaSettings,
  sources: BackgroundSources,
  logger: Logger,
): Background {
  const profiles = new ProfileTable(kafka, logger);
  const publisher = createRecordPublisher(kafka, logger);
  const relay = createOutboxRelay({ dataSource: sources.writer, publisher, logger });
  const admin = createKafkaAdmin(kafka, logger);
  const work = (name: string, step: Step, pauseMs: number): BackgroundWork =>
    new BackgroundWork(name, step, pauseMs, logger);
  const retention = work('keep-retention', keepRetention(sources, logger), config.housekeepingMs);
  const works = [
    work('roll-up', rollUp(config, sources, profiles), config.rollUpMs),
    work('freeze-cold-days', freezeColdDays(config, sources, logger), config.freezingMs),
    work('filter-measurements', filterMeasurements(config, sources, profiles), config.rollUpMs),
    work('watch-consumer-lag', watchConsumerLag(config, sources, admin, logger), config.lagCheckMs),
    work('forget-quality', () => forgetQuality(sources.writer), config.housekeepingMs),
  ];
  return {
    health: relay.health(),
    start: async () => {
      profiles.start();
      relay.start();
      await retention.startNow();
      for (const one of works) one.start();
    },
    close: async () => {
      await Promise.all([retention, ...works].map((one) => one.stop()));
      await Promise.all([relay.close(), profiles.close(), admin.close()]);
      await publisher.close();
    },
  };
}

function keepRetention({ writer }: BackgroundSources, logger: Logger): Step {
  const handler = new KeepRetentionHandler(writer, systemClock);
  return async () => {
    const { dropped = [] } = (await handler.run()) ?? {};
    if (dropped.length > 0) logger.info({ dropped }, 'partitions past their retention dropped');
    return false;
  };
}

/** How often devices are looked for that a version without marks stored for. */
const unmarkedEveryMs = 600_000;

function rollUp(
  { rollUpGraceMs, schema }: TelemetryConfig,
  { upkeep }: BackgroundSources,
  profiles: ProfileTable,
): Step {
  const steps = [measureQuality(profiles, schema), noteHoursToFilter(profiles, rollUpGraceMs)];
  const handler = new RollUpHandler(upkeep, { graceMs: rollUpGraceMs, rest: restHalf, steps });
  let unmarkedDueMs = 0;
  return async (stopping) => {
    if (performance.now() >= unmarkedDueMs) {
      const more = await handler.markUnmarked();
      if (!more) unmarkedDueMs = performance.now() + unmarkedEveryMs;
    }
    await handler.run(stopping);
    return false;
  };
}

function freezeColdDays({ coldAfterDays }: TelemetryConfig, { freezer }: BackgroundSources, logger: Logger): Step {
  const handler = new FreezeColdDaysHandler(freezer, systemClock, coldAfterDays);
  return async (stopping) => {
    const { frozen = 0, dropped = [] } = (await handler.run(stopping)) ?? {};
    if (frozen > 0 || dropped.length > 0) logger.info({ frozen, dropped }, 'cold measurements compressed');
    return false;
  };
}

function filterMeasurements(
  { rollUpGraceMs: graceMs }: TelemetryConfig,
  { upkeep }: BackgroundSources,
  profiles: ProfileTable,
): Step {
  const settings = { graceMs, rest: restHalf, onFiltered: filteredCounter() };
  const handler = new FilterMeasurementsHandler(upkeep, systemClock, profiles, settings);
  return async (stopping) => {
    await handler.run(stopping);
    return false;
  };
}

function watchConsumerLag(
  { lagAlarmShare: share }: TelemetryConfig,
  { writer: dataSource }: BackgroundSources,
  admin: KafkaAdmin,
  logger: Logger,
): Step {
  const source = { dataSource, clock: systemClock, logger, admin };
  const handler = new WatchConsumerLagHandler({ ...source, topic: telemetryTopic, events, share });
  return async () => {
    await handler.run();
    return false;
  };
}

/** Works two thirds of the time at most: dense hours wait for the disk most of it. */
async function restHalf(workedMs: number): Promise<void> {
  await delay(workedMs / 2, undefined, { ref: false });
}

function filteredCounter(): (counts: readonly FilteredCounts[]) => void {
  const measurements = counter(metrics.filtered);
  const values = counter(metrics.filteredValues);
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
