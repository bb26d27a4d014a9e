import { systemClock } from '@myelin/kernel';
import { counter, metricAttributes, metrics } from '@myelin/observability';
import { Module, type Provider, type Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { BatchPlan } from './domain/plan-batch.js';
import { ReadAggregatesController } from './features/read-aggregates/read-aggregates.controller.js';
import { ReadAggregatesHandler } from './features/read-aggregates/read-aggregates.handler.js';
import { ReadComparisonController } from './features/read-comparison/read-comparison.controller.js';
import { ReadComparisonHandler } from './features/read-comparison/read-comparison.handler.js';
import { ReadLatestController } from './features/read-latest/read-latest.controller.js';
import { ReadMeasurementsController } from './features/read-measurements/read-measurements.controller.js';
import { ReadRawMeasurementsController } from './features/read-raw-measurements/read-raw-measurements.controller.js';
import { ReadStatesController } from './features/read-states/read-states.controller.js';
import { ReadStatesHandler } from './features/read-states/read-states.handler.js';
import { ReadQualityController } from './features/read-quality/read-quality.controller.js';
import { ReadStatisticsController } from './features/read-statistics/read-statistics.controller.js';
import { ReadWindowsController } from './features/read-windows/read-windows.controller.js';
import { StoreMeasurementsConsumer } from './features/store-measurements/store-measurements.consumer.js';
import type { GroupLimits } from './features/store-measurements/group-commit.js';
import { StoreMeasurementsHandler } from './features/store-measurements/store-measurements.handler.js';
import { OpenQueries } from './http/open-queries.js';
import { AggregateRepository } from './persistence/aggregate.repository.js';
import { BucketReader } from './persistence/bucket-reader.js';
import { DataQualityRepository } from './persistence/data-quality.repository.js';
import { DeviceRepository } from './persistence/device.repository.js';
import { LatestRepository } from './persistence/latest.repository.js';
import { MeasurementRepository } from './persistence/measurement.repository.js';
import { OrderStatisticsRepository } from './persistence/order-statistics.repository.js';
import { QueryPool } from './persistence/query-pool.js';
import { StateRepository } from './persistence/state.repository.js';
import { StatisticsRepository } from './persistence/statistics.repository.js';
import { clockToken } from './tokens.js';

export interface Surroundings {
  /** Queries have a pool of their own and cannot starve the writer. */
  readonly writer: DataSource;
  /** Which batches share a transaction. */
  readonly grouping?: GroupLimits;
  readonly reader: DataSource;
  readonly queryLimits?: QueryLimits;
}

export interface QueryLimits {
  /** Of the reader: all of them, and how many of them one tenant's queries use at a time. */
  readonly connections: number;
  readonly connectionsPerTenant: number;
  readonly openPerTenant: number;
  /** How long a statement waits for a connection. */
  readonly patienceMs: number;
}

const defaultQueryLimits: QueryLimits = {
  connections: 6,
  connectionsPerTenant: 4,
  openPerTenant: 20,
  patienceMs: 15_000,
};
/** Statements of one tenant; most queries have one at a time. */
const waitingPerTenant = 100;

const controllers = [
  StoreMeasurementsConsumer,
  ReadLatestController,
  ReadRawMeasurementsController,
  ReadMeasurementsController,
  ReadAggregatesController,
  ReadComparisonController,
  ReadStatesController,
  ReadWindowsController,
  ReadStatisticsController,
  ReadQualityController,
];

/** Which contract and which route goes to which handler. */
export function appModule(surroundings: Surroundings): Type {
  const { writer, reader, grouping, queryLimits = defaultQueryLimits } = surroundings;
  const pool = new QueryPool(reader, {
    lanes: queryLimits.connections,
    lanesPerKey: queryLimits.connectionsPerTenant,
    waitingPerKey: waitingPerTenant,
    patienceMs: queryLimits.patienceMs,
  });
  const queries = [
    DeviceRepository,
    MeasurementRepository,
    LatestRepository,
    AggregateRepository,
    OrderStatisticsRepository,
    StateRepository,
    StatisticsRepository,
    DataQualityRepository,
  ].map((type): Provider => ({ provide: type, useFactory: () => new type(pool) }));

  @Module({
    controllers,
    providers: [
      ...queries,
      { provide: OpenQueries, useFactory: () => new OpenQueries(queryLimits.openPerTenant) },
      { provide: clockToken, useValue: systemClock },
      {
        provide: StoreMeasurementsHandler,
        useFactory: () => new StoreMeasurementsHandler(writer, systemClock, counted(), grouping),
      },
      {
        provide: BucketReader,
        useFactory: (aggregates: AggregateRepository, orderStatistics: OrderStatisticsRepository) =>
          new BucketReader(aggregates, orderStatistics),
        inject: [AggregateRepository, OrderStatisticsRepository],
      },
      {
        provide: ReadAggregatesHandler,
        useFactory: (devices: DeviceRepository, buckets: BucketReader) => new ReadAggregatesHandler(devices, buckets),
        inject: [DeviceRepository, BucketReader],
      },
      {
        provide: ReadComparisonHandler,
        useFactory: (devices: DeviceRepository, buckets: BucketReader) => new ReadComparisonHandler(devices, buckets),
        inject: [DeviceRepository, BucketReader],
      },
      {
        provide: ReadStatesHandler,
        useFactory: (states: StateRepository) => new ReadStatesHandler(states),
        inject: [StateRepository],
      },
    ],
  })
  class AppModule {}
  return AppModule;
}

/** Counts once per batch, after its commit. */
function counted(): (plan: BatchPlan, thawed: number) => void {
  const outcomes = counter(metrics.measurements);
  const conflicts = counter(metrics.conflicts);
  const thaws = counter(metrics.thawed);
  return ({ counts }, thawed) => {
    if (thawed > 0) thaws.add(thawed);
    const total = { stored: 0, duplicates: 0, expired: 0, evaluateOnly: 0, conflicts: 0 };
    for (const count of counts.values()) {
      total.stored += count.stored;
      total.duplicates += count.duplicates;
      total.expired += count.expired;
      total.evaluateOnly += count.evaluateOnly;
      total.conflicts += count.conflicts;
    }
    if (total.stored > 0) outcomes.add(total.stored, { [metricAttributes.outcome]: 'stored' });
    if (total.duplicates > 0) outcomes.add(total.duplicates, { [metricAttributes.outcome]: 'duplicate' });
    if (total.expired > 0) outcomes.add(total.expired, { [metricAttributes.outcome]: 'expired' });
    if (total.evaluateOnly > 0) outcomes.add(total.evaluateOnly, { [metricAttributes.outcome]: 'evaluate-only' });
    if (total.conflicts > 0) conflicts.add(total.conflicts);
  };
}
