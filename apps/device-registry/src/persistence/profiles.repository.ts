import type { ProfileRecord } from '../domain/records.js';
import { type EntityManager, In, MoreThan } from 'typeorm';
import { ProfileEntity } from './profile.entity.js';
import { bury, lastVersion } from './tombstones.repository.js';

export function findProfile(tx: EntityManager, tenant: string, profile: string): Promise<ProfileRecord | null> {
  return tx.findOneBy(ProfileEntity, { tenant, profile });
}

/** These cannot be changed or deleted before the transaction ends. */
export function findProfiles(tx: EntityManager, tenant: string, profiles: readonly string[]): Promise<ProfileRecord[]> {
  const where = { tenant, profile: In(profiles) };
  return tx.find(ProfileEntity, { where, order: { profile: 'ASC' }, lock: { mode: 'pessimistic_read' } });
}

export function lockProfile(tx: EntityManager, tenant: string, profile: string): Promise<ProfileRecord | null> {
  return tx.findOne(ProfileEntity, { where: { tenant, profile }, lock: { mode: 'pessimistic_write' } });
}

export function listProfiles(
  tx: EntityManager,
  tenant: string,
  after: string,
  limit: number,
): Promise<ProfileRecord[]> {
  const where = { tenant, profile: MoreThan(after) };
  return tx.find(ProfileEntity, { where, order: { profile: 'ASC' }, take: limit });
}

/** The stored row, its version above all former ones of this id; undefined when the profile exists. */
export async function insertProfile(
  tx: EntityManager,
  row: Omit<ProfileRecord, 'version'>,
): Promise<ProfileRecord | undefined> {
  const { raw } = (await tx
    .createQueryBuilder()
    .insert()
    .into(ProfileEntity)
    .values({ ...row, version: 1 } as never)
    .orIgnore()
    .returning('profile')
    .execute()) as { raw: unknown[] };
  if (raw.length === 0) return undefined;
  const { tenant, profile } = row;
  const version = 1 + (await lastVersion(tx, tenant, 'profile', profile));
  if (version > 1) await tx.update(ProfileEntity, { tenant, profile }, { version });
  return { ...row, version };
}

/** Compare-and-set on the version before `row`. False: somebody else was faster. */
export async function updateProfile(tx: EntityManager, row: ProfileRecord): Promise<boolean> {
  const { tenant, profile, version, ...columns } = row;
  const expected = { tenant, profile, version: version - 1 };
  const { affected } = await tx.update(ProfileEntity, expected, { ...columns, version } as never);
  return affected === 1;
}

/** Leaves `version` behind as the last one of this id. @throws when devices use it (foreign key) */
export async function deleteProfile(tx: EntityManager, row: ProfileRecord, version: number): Promise<void> {
  const { tenant, profile } = row;
  await tx.delete(ProfileEntity, { tenant, profile, version: row.version });
  await bury(tx, { tenant, kind: 'profile', id: profile, version });
}
