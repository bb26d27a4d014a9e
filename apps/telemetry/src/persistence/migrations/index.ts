import { FirstSchema1795420800000 } from './1795420800000-first-schema.js';
import { StoredMeasurement1795424400000 } from './1795424400000-stored-measurement.js';
import { StoragePolicies1795680100000 } from './1795680100000-storage-policies.js';
import { Rollups1795680200000 } from './1795680200000-rollups.js';
import { OutboxAndLagAlarms1795680250000 } from './1795680250000-outbox-and-lag-alarms.js';
import { DataQuality1795680400000 } from './1795680400000-data-quality.js';
import { ColdPartitions1795690000000 } from './1795690000000-cold-partitions.js';
import { Filters1795693600000 } from './1795693600000-filters.js';
import { RollupPartitionNames1795720000000 } from './1795720000000-rollup-partition-names.js';

export const migrations = [
  FirstSchema1795420800000,
  StoredMeasurement1795424400000,
  StoragePolicies1795680100000,
  Rollups1795680200000,
  OutboxAndLagAlarms1795680250000,
  DataQuality1795680400000,
  ColdPartitions1795690000000,
  Filters1795693600000,
  RollupPartitionNames1795720000000,
];
