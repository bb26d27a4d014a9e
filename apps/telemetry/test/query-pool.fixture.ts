import type { DataSource } from 'typeorm';
import { QueryPool } from '../src/persistence/query-pool.js';

/** For suites that ask repositories: no limit gets in their way. */
export function queryPool(dataSource: DataSource): QueryPool {
  return new QueryPool(dataSource, { lanes: 10, lanesPerKey: 10, waitingPerKey: 1_000, patienceMs: 60_000 });
}
