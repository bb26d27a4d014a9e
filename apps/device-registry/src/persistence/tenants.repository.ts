import type { TenantRecord } from '../domain/records.js';
import { type EntityManager, In, MoreThan } from 'typeorm';
import { SiteEntity } from './site.entity.js';
import { TenantEntity, TenantUsageEntity } from './tenant.entity.js';

export function findTenant(tx: EntityManager, tenant: string): Promise<TenantRecord | null> {
  return tx.findOneBy(TenantEntity, { tenant });
}

export function lockTenant(tx: EntityManager, tenant: string): Promise<TenantRecord | null> {
  return tx.findOne(TenantEntity, { where: { tenant }, lock: { mode: 'pessimistic_write' } });
}

export function listTenants(tx: EntityManager, after: string, limit: number): Promise<TenantRecord[]> {
  return tx.find(TenantEntity, { where: { tenant: MoreThan(after) }, order: { tenant: 'ASC' }, take: limit });
}

/** False: a tenant of this id exists. */
export async function insertTenant(tx: EntityManager, row: TenantRecord): Promise<boolean> {
  const { raw } = (await tx
    .createQueryBuilder()
    .insert()
    .into(TenantEntity)
    .values(row as TenantEntity)
    .orIgnore()
    .returning('tenant')
    .execute()) as { raw: unknown[] };
  if (raw.length === 0) return false;
  await tx.insert(TenantUsageEntity, { tenant: row.tenant, devices: 0 });
  return true;
}

/** Compare-and-set on the version before `row`. False: somebody else was faster. */
export async function updateTenant(tx: EntityManager, row: TenantRecord): Promise<boolean> {
  const { tenant, version, ...columns } = row;
  const { affected } = await tx.update(TenantEntity, { tenant, version: version - 1 }, { ...columns, version });
  return affected === 1;
}

export interface DeviceAllowance {
  /** False: there is no such tenant. */
  readonly registered: boolean;
  readonly granted: number;
  readonly maxDevices: number;
}

/**
 * Takes up to `wanted` places for devices. Locks the tenant's count until the end of the transaction; whoever
 * creates or deletes devices takes this lock before any lock on a device.
 */
export async function reserveDevices(tx: EntityManager, tenant: string, wanted: number): Promise<DeviceAllowance> {
  const usage = await tx.findOne(TenantUsageEntity, { where: { tenant }, lock: { mode: 'pessimistic_write' } });
  const row = await findTenant(tx, tenant);
  if (usage === null || row === null) return { registered: false, granted: 0, maxDevices: 0 };
  const granted = Math.max(0, Math.min(wanted, row.maxDevices - usage.devices));
  if (granted > 0) await tx.increment(TenantUsageEntity, { tenant }, 'devices', granted);
  return { registered: true, granted, maxDevices: row.maxDevices };
}

/** Gives places back, see {@link reserveDevices}. */
export async function releaseDevices(tx: EntityManager, tenant: string, count: number): Promise<void> {
  await tx.decrement(TenantUsageEntity, { tenant }, 'devices', count);
}

/** The time zone that a device at this site (or at none) lives in. */
export type TimeZoneOf = (site: string | null) => string;

/**
 * Time zones of the tenant and of these sites. With `hold`, none of them changes before the transaction ends, so a
 * device's state that is published with one cannot be overtaken by the zone's own republication.
 */
export async function timeZones(
  tx: EntityManager,
  tenant: string,
  sites: readonly (string | null)[],
  hold: boolean,
): Promise<TimeZoneOf> {
  const names = [...new Set(sites.filter((site) => site !== null))].sort();
  const lock = hold ? ({ lock: { mode: 'pessimistic_read' } } as const) : {};
  const owner = await tx.findOne(TenantEntity, { where: { tenant }, ...lock });
  const found =
    names.length === 0
      ? []
      : await tx.find(SiteEntity, { where: { tenant, site: In(names) }, order: { site: 'ASC' }, ...lock });
  const zones = new Map(found.map((row) => [row.site, row.timeZone]));
  const fallback = owner?.timeZone ?? 'UTC';
  return (site) => (site === null ? fallback : (zones.get(site) ?? fallback));
}
