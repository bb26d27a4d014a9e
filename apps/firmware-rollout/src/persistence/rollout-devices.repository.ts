import type { EntityManager } from 'typeorm';
import type { UpdatableDevice } from '../domain/rollouts/find-obstacle.js';

/** Read with one statement. */
const pageSize = 10_000;

/** What the registry says of a device, and what it runs; everything null for one that this service has not heard of. */
export interface DeviceRow {
  device: string;
  profile: string | null;
  site: string | null;
  lifecycle: string | null;
  labels: Record<string, string> | null;
  hardware: unknown;
  running_version: string | null;
}

/** A device that this service has not heard of yet is none. */
export function updatableOf(row: DeviceRow): UpdatableDevice {
  const { device, profile, site, lifecycle, labels, hardware, running_version: runningVersion } = row;
  return {
    ...{ device, profile: profile ?? '', lifecycle: lifecycle ?? 'deleted', labels: labels ?? {} },
    ...(site === null ? {} : { site }),
    ...(hardware === null || hardware === undefined ? {} : { hardware }),
    ...(runningVersion === null ? {} : { runningVersion }),
  };
}

/**
 * Devices of a tenant as the registry has them, with what they run, in the order of their keys: page by page, so that a million need
 * no more memory than a page.
 */
export async function* updatableDevices(db: EntityManager, tenant: string): AsyncGenerator<UpdatableDevice> {
  for (let after = '', isLast = false; !isLast;) {
    const rows: DeviceRow[] = await db.query<DeviceRow[]>(pageSql, [tenant, after, pageSize]);
    for (const row of rows) yield updatableOf(row);
    isLast = rows.length < pageSize;
    after = rows.at(-1)?.device ?? after;
  }
}

const pageSql = `
  SELECT d.device, d.profile, d.site, d.lifecycle, d.labels, d.metadata -> 'hardware' AS hardware,
    CASE WHEN i.doubted_action IS NULL THEN i.installed_version END AS running_version
  FROM device d LEFT JOIN installation i USING (tenant, device)
  WHERE d.tenant = $1 AND d.device > $2 AND d.lifecycle <> 'deleted' ORDER BY d.device LIMIT $3`;
