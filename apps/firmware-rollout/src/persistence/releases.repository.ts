import type { EntityManager } from 'typeorm';
import type { ReleaseRecord, ReleaseState } from '../domain/releases/release.js';
import { canonicalVersion } from '../domain/releases/version.js';
import { ReleaseEntity, ReleaseUsageEntity } from './release.entity.js';

/**
 * To be called first by whoever changes releases, signing keys or firmware policies: these changes of a tenant follow each other, so
 * that what a release was judged by is still so when it is published, and their records in the outbox keep that order.
 * @returns how many releases the tenant has
 */
export async function lockReleases(tx: EntityManager, tenant: string): Promise<number> {
  const [usage] = await tx.query<{ releases: number }[]>(
    `INSERT INTO release_usage (tenant, releases) VALUES ($1, 0)
     ON CONFLICT (tenant) DO UPDATE SET releases = release_usage.releases RETURNING releases`,
    [tenant],
  );
  return usage?.releases ?? 0;
}

export function findRelease(db: EntityManager, tenant: string, release: string): Promise<ReleaseRecord | null> {
  return db.findOneBy(ReleaseEntity, { tenant, release });
}

export interface ReleaseFilter {
  readonly profile?: string | undefined;
  readonly state?: ReleaseState | undefined;
  /** Whose envelope names this key. */
  readonly signer?: string | undefined;
}

/** In the order of their ids. @param after the id that the page begins behind; '' = from the first */
export function listReleases(
  db: EntityManager,
  tenant: string,
  { profile, state, signer }: ReleaseFilter,
  page: { readonly after: string; readonly limit: number },
): Promise<ReleaseRecord[]> {
  const query = db
    .createQueryBuilder(ReleaseEntity, 'r')
    .where('r.tenant = :tenant AND r.release > :after', { tenant, after: page.after })
    .orderBy('r.release')
    .limit(page.limit);
  if (profile !== undefined) query.andWhere('r.profile = :profile', { profile });
  if (state !== undefined) query.andWhere('r.state = :state', { state });
  if (signer !== undefined) query.andWhere(':signer = ANY(r.signers)', { signer });
  return query.getMany();
}

export async function insertRelease(tx: EntityManager, row: ReleaseRecord): Promise<void> {
  await tx.insert(ReleaseEntity, columnsOf(row) as never);
  await tx.increment(ReleaseUsageEntity, { tenant: row.tenant }, 'releases', 1);
}

export async function replaceRelease(tx: EntityManager, row: ReleaseRecord): Promise<void> {
  const { tenant, release } = row;
  await tx.update(ReleaseEntity, { tenant, release }, columnsOf(row) as never);
}

export async function deleteRelease(tx: EntityManager, { tenant, release }: ReleaseRecord): Promise<void> {
  await tx.delete(ReleaseEntity, { tenant, release });
  await tx.decrement(ReleaseUsageEntity, { tenant }, 'releases', 1);
}

/** The greatest counter of the profile's releases that are or were published, without this one; 0 when there is none. */
export async function greatestCounter(
  db: EntityManager,
  { tenant, release, definition }: Pick<ReleaseRecord, 'tenant' | 'release' | 'definition'>,
): Promise<number> {
  const query = db
    .createQueryBuilder(ReleaseEntity, 'r')
    .select('max(r.release_counter)', 'greatest')
    .where('r.tenant = :tenant AND r.profile = :profile', { tenant, profile: definition.profile })
    .andWhere(`r.state <> 'draft' AND r.release <> :release`, { release });
  const found = await query.getRawOne<{ greatest: string | null }>();
  return Number(found?.greatest ?? 0);
}

/** The other published release of the profile whose version is neither older nor newer. */
export async function publishedTwin(
  db: EntityManager,
  { tenant, release, definition }: ReleaseRecord,
): Promise<string | undefined> {
  const { profile, version } = definition;
  const same = { tenant, profile, state: 'published', canonicalVersion: canonicalVersion(version) } as const;
  const found = await db.findOneBy(ReleaseEntity, same);
  return found === null || found.release === release ? undefined : found.release;
}

function columnsOf(row: ReleaseRecord) {
  const { definition, manifest } = row;
  const signers = manifest?.signatures.map(({ keyid }) => keyid) ?? [];
  return { ...row, profile: definition.profile, canonicalVersion: canonicalVersion(definition.version), signers };
}
