import type { ProfileRecord } from '../domain/records.js';
import { type EntityManager, In, MoreThan } from 'typeorm';
import { ProfileEntity } from './profile.entity.js';
import { bury, insertAboveGrave } from './tombstones.repository.js';

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
export function insertProfile(
  tx: EntityManager,
  row: Omit<ProfileRecord, 'version'>,
): Promise<ProfileRecord | undefined> {
  return insertAboveGrave(tx, { entity: ProfileEntity, kind: 'profile', idMember: 'profile', row });
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
