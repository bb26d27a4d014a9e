import type { TenantId } from '@myelin/kernel';
import type { QueryPool } from './query-pool.js';

/** Every acknowledged measurement is in exactly one of them, as soon as it was handled. */
export interface Statistics {
  readonly stored: number;
  readonly duplicates: number;
  readonly expired: number;
  /** Never stored, because the profile wants them evaluated only; copies are among them. */
  readonly evaluateOnly: number;
  /** Discarded, because the profile's filters call all of their values redundant. */
  readonly filtered: number;
  /** Values that filters discarded, also those of measurements that are stored with what is left of them. */
  readonly filteredValues: number;
  /** Of the stored ones: how many values readers do not see because another measurement of the same time names the metric. */
  readonly conflicts: number;
}

const columns = {
  ...{ stored: 'stored', duplicates: 'duplicates', expired: 'expired' },
  ...{ evaluateOnly: 'evaluate_only', filtered: 'filtered', filteredValues: 'filtered_values', conflicts: 'conflicts' },
};
const sums = Object.entries(columns).map(([name, column]) => `coalesce(sum(${column}), 0)::float8 AS "${name}"`);

export class StatisticsRepository {
  constructor(private readonly pool: QueryPool) {}

  async ofTenant(tenant: TenantId): Promise<Statistics & { readonly devices: number }> {
    const [row] = await this.pool.read<Statistics & { devices: number }>(
      tenant,
      `SELECT count(DISTINCT device)::float8 AS devices, ${sums.join(', ')} FROM device WHERE tenant = $1`,
      [tenant],
    );
    return row as Statistics & { devices: number };
  }

  /** In order of name, after `after`; all indexes of a name together. */
  async ofDevices(
    tenant: TenantId,
    {
      devices,
      after,
      limit,
    }: { readonly devices?: readonly string[]; readonly after?: string; readonly limit: number },
  ): Promise<(Statistics & { readonly device: string })[]> {
    return this.pool.read<Statistics & { readonly device: string }>(
      tenant,
      `SELECT device, ${sums.join(', ')} FROM device
       WHERE tenant = $1 AND ($2::text[] IS NULL OR device = ANY($2)) AND ($3::text IS NULL OR device > $3)
       GROUP BY device ORDER BY device LIMIT $4`,
      [tenant, devices ?? null, after ?? null, limit],
    );
  }
}
