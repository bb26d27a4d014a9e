import type { SiteRecord } from '../domain/records.js';
import { type EntityManager, In, MoreThan } from 'typeorm';
import { SiteEntity } from './site.entity.js';
import { bury, insertAboveGrave } from './tombstones.repository.js';

export function findSite(tx: EntityManager, tenant: string, site: string): Promise<SiteRecord | null> {
  return tx.findOneBy(SiteEntity, { tenant, site });
}

/** These cannot be deleted before the transaction ends. */
export function findSites(tx: EntityManager, tenant: string, sites: readonly string[]): Promise<SiteRecord[]> {
  const where = { tenant, site: In(sites) };
  return tx.find(SiteEntity, { where, order: { site: 'ASC' }, lock: { mode: 'pessimistic_read' } });
}

export function lockSite(tx: EntityManager, tenant: string, site: string): Promise<SiteRecord | null> {
  return tx.findOne(SiteEntity, { where: { tenant, site }, lock: { mode: 'pessimistic_write' } });
}

export function listSites(tx: EntityManager, tenant: string, after: string, limit: number): Promise<SiteRecord[]> {
  return tx.find(SiteEntity, { where: { tenant, site: MoreThan(after) }, order: { site: 'ASC' }, take: limit });
}

/** The stored row, its version above all former ones of this id; undefined when the site exists. */
export function insertSite(tx: EntityManager, row: Omit<SiteRecord, 'version'>): Promise<SiteRecord | undefined> {
  return insertAboveGrave(tx, { entity: SiteEntity, kind: 'site', idMember: 'site', row });
}

/** Compare-and-set on the version before `row`. False: somebody else was faster. */
export async function updateSite(tx: EntityManager, row: SiteRecord): Promise<boolean> {
  const { tenant, site, version, ...columns } = row;
  const { affected } = await tx.update(SiteEntity, { tenant, site, version: version - 1 }, {
    ...columns,
    version,
  } as never);
  return affected === 1;
}

/** Leaves `version` behind as the last one of this id. @throws when devices stand there (foreign key) */
export async function deleteSite(tx: EntityManager, row: SiteRecord, version: number): Promise<void> {
  const { tenant, site } = row;
  await tx.delete(SiteEntity, { tenant, site, version: row.version });
  await bury(tx, { tenant, kind: 'site', id: site, version });
}
