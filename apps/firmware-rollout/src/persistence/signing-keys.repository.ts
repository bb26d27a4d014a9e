import { type EntityManager, In, MoreThan } from 'typeorm';
import type { SigningKeyRecord, SigningKeyState } from '../domain/manifests/signing-key.js';
import { SigningKeyEntity } from './signing-key.entity.js';

export function findSigningKey(db: EntityManager, tenant: string, keyid: string): Promise<SigningKeyRecord | null> {
  return db.findOneBy(SigningKeyEntity, { tenant, keyid });
}

export function findSigningKeys(
  db: EntityManager,
  tenant: string,
  keyids: readonly string[],
): Promise<SigningKeyRecord[]> {
  return db.findBy(SigningKeyEntity, { tenant, keyid: In([...keyids]) });
}

/** In the order of their ids. @param after the id that the page begins behind; '' = from the first */
export function listSigningKeys(
  db: EntityManager,
  tenant: string,
  state: SigningKeyState | undefined,
  page: { readonly after: string; readonly limit: number },
): Promise<SigningKeyRecord[]> {
  const where = { tenant, keyid: MoreThan(page.after), ...(state === undefined ? {} : { state }) };
  return db.find(SigningKeyEntity, { where, order: { keyid: 'ASC' }, take: page.limit });
}

export function countSigningKeys(db: EntityManager, tenant: string): Promise<number> {
  return db.countBy(SigningKeyEntity, { tenant });
}

export async function insertSigningKey(tx: EntityManager, row: SigningKeyRecord): Promise<void> {
  await tx.insert(SigningKeyEntity, row);
}

export async function replaceSigningKey(tx: EntityManager, row: SigningKeyRecord): Promise<void> {
  const { tenant, keyid } = row;
  await tx.update(SigningKeyEntity, { tenant, keyid }, row);
}
