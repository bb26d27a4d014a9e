import type { TenantId } from '@myelin/kernel';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { withConnection } from './connection.js';
import { FairLanes, type LaneLimits } from './fair-lanes.js';
import { type Ask, read } from './read.js';

/**
 * The connections for queries, which tenants share fairly. One is held for a statement (or a transaction), never while an
 * answer rests between two; whoever waits for one, waits here and not in the driver's pool.
 */
export class QueryPool {
  private readonly lanes: FairLanes;

  /** @param limits as many lanes as the data source has connections for queries */
  constructor(
    private readonly dataSource: DataSource,
    limits: LaneLimits,
  ) {
    this.lanes = new FairLanes(limits);
  }

  /** @throws PersistenceError; TelemetryError telemetry.too-many-queries, telemetry.connections-busy */
  read<Row>(tenant: TenantId, sql: string, parameters: unknown[]): Promise<Row[]> {
    return this.lanes.run(tenant, () => read<Row>(this.dataSource, sql, parameters));
  }

  askOf(tenant: TenantId): Ask {
    return (sql, parameters) => this.read(tenant, sql, parameters);
  }

  /** As {@link withConnection}. @throws TelemetryError telemetry.too-many-queries, telemetry.connections-busy */
  withConnection<T>(tenant: TenantId, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.lanes.run(tenant, () => withConnection(this.dataSource, work));
  }
}
