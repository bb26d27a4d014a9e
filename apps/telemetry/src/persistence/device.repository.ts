import type { TenantId } from '@myelin/kernel';
import type { QueryPool } from './query-pool.js';

/** What a query may read of one device: every index that ever stood for its name, and the classes they use. */
export interface DeviceScope {
  readonly tenant: TenantId;
  readonly device: string;
  readonly indexes: readonly number[];
  /** Bits of retention classes. */
  readonly classes: number;
}

/** Bits of the classes that any of the devices uses. */
export function classBitsOf(scopes: readonly DeviceScope[]): number {
  return scopes.reduce((bits, scope) => bits | scope.classes, 0);
}

/** Whose devices are asked for: of one tenant, always. */
export function tenantOf({ scopes }: { readonly scopes: readonly DeviceScope[] }): TenantId {
  return scopes[0]?.tenant ?? ('' as TenantId);
}

export class DeviceRepository {
  constructor(private readonly pool: QueryPool) {}

  /** By device name; names that never reported are absent. */
  async scopes(tenant: TenantId, devices: readonly string[]): Promise<Map<string, DeviceScope>> {
    const rows = await this.pool.read<{ device: string; indexes: string[]; classes: number }>(
      tenant,
      `SELECT device, array_agg(index ORDER BY index) AS indexes, bit_or(classes) AS classes
       FROM device WHERE tenant = $1 AND device = ANY($2::text[]) GROUP BY device`,
      [tenant, devices],
    );
    return new Map(
      rows.map(({ device, indexes, classes }) => [device, { tenant, device, indexes: indexes.map(Number), classes }]),
    );
  }
}
