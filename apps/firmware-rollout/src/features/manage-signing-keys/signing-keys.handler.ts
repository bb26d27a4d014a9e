import { type Operator, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { type SigningKeyRecord, signingKeyLimits } from '../../domain/manifests/signing-key.js';
import type { Firmware } from '../../firmware.js';
import type { PublicKey } from '../../manifests/verifying-key.js';
import { lockReleases } from '../../persistence/releases.repository.js';
import {
  countSigningKeys,
  findSigningKey,
  insertSigningKey,
  replaceSigningKey,
} from '../../persistence/signing-keys.repository.js';
import { problems } from '../../problems.js';
import { noteHistory, signingKeyEntity } from '../../releases/note-history.js';
import { releaseProblems } from '../../releases/release.problems.js';
import { reviewReleases } from '../../releases/review-releases.js';
import { signingKeyProblems } from '../../releases/signing-key.problems.js';

/**
 * A key that published releases name already begins to vouch for them.
 * @throws Problem 409 signing-key-exists, also when it is revoked; signing-key-limit
 */
export function createSigningKey(
  firmware: Firmware,
  operator: Operator,
  { name, publicKey }: { readonly name: string; readonly publicKey: PublicKey },
): Promise<SigningKeyRecord> {
  const { tenant } = operator;
  const { keyid, algorithm, pem } = publicKey;
  return firmware.change(async (tx) => {
    await lockReleases(tx, tenant);
    const existing = await findSigningKey(tx, tenant, keyid);
    if (existing !== null) throw signingKeyProblems.exists(keyid, existing.state);
    const { perTenant } = signingKeyLimits;
    if ((await countSigningKeys(tx, tenant)) >= perTenant) throw releaseProblems.limit('signing-key', perTenant);
    const at = new Date(firmware.clock.nowMs());
    const actor = actorOf(operator);
    const row: SigningKeyRecord = {
      ...{ tenant, keyid, name, algorithm, publicKey: pem, state: 'active', createdAt: at, createdBy: actor },
      ...{ endedAt: null, endedBy: null, reason: null },
    };
    await insertSigningKey(tx, row);
    await noteHistory(tx, [{ tenant, entity: signingKeyEntity(keyid), at, actor, action: 'created' }]);
    await reviewReleases(tx, tenant, { signer: keyid }, { at, actor, reason: `the key ${keyid} was created` });
    return row;
  });
}

/** One that is retired stays as it is. What is published keeps its trust. @throws Problem 404; 409 signing-key-revoked */
export function retireSigningKey(firmware: Firmware, operator: Operator, keyid: string): Promise<SigningKeyRecord> {
  return firmware.change(async (tx) => {
    const row = await lockKey(tx, operator, keyid);
    if (row.state === 'revoked') throw signingKeyProblems.revoked();
    if (row.state === 'retired') return row;
    const at = new Date(firmware.clock.nowMs());
    const actor = actorOf(operator);
    const retired: SigningKeyRecord = { ...row, state: 'retired', endedAt: at, endedBy: actor };
    await replaceSigningKey(tx, retired);
    const deed = { tenant: row.tenant, entity: signingKeyEntity(keyid), at, actor, action: 'retired' } as const;
    await noteHistory(tx, [deed]);
    return retired;
  });
}

/** One that is revoked stays as it is. @returns with the releases whose trust is another by it. @throws Problem 404 */
export function revokeSigningKey(
  firmware: Firmware,
  operator: Operator,
  { keyid, reason }: { readonly keyid: string; readonly reason: string },
): Promise<{ readonly row: SigningKeyRecord; readonly changed: readonly string[] }> {
  return firmware.change(async (tx) => {
    const row = await lockKey(tx, operator, keyid);
    if (row.state === 'revoked') return { row, changed: [] };
    const { tenant } = row;
    const at = new Date(firmware.clock.nowMs());
    const actor = actorOf(operator);
    const revoked: SigningKeyRecord = { ...row, state: 'revoked', endedAt: at, endedBy: actor, reason };
    await replaceSigningKey(tx, revoked);
    await noteHistory(tx, [{ tenant, entity: signingKeyEntity(keyid), at, actor, action: 'revoked', reason }]);
    const why = { at, actor, reason: `the key ${keyid} was revoked: ${reason}` };
    return { row: revoked, changed: await reviewReleases(tx, tenant, { signer: keyid }, why) };
  });
}

async function lockKey(tx: EntityManager, { tenant }: Operator, keyid: string): Promise<SigningKeyRecord> {
  await lockReleases(tx, tenant);
  const row = await findSigningKey(tx, tenant, keyid);
  if (row === null) throw problems.notFound('signing-key');
  return row;
}
