import type { EntityManager } from 'typeorm';
import { IdempotencyKeyEntity } from './idempotency-key.entity.js';

export type Claim =
  /** Ours: do the work and call {@link keepAnswer} in the same transaction. */
  | { readonly kind: 'new' }
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'other-request' };

export interface ClaimRequest {
  readonly tenant: string;
  readonly key: string;
  readonly requestSha256: string;
  readonly now: Date;
  /** Keys made before are forgotten. */
  readonly forgottenBefore: Date;
}

// Waits for a transaction that holds the same key; a forgotten key is taken over.
const claimSql = `
  INSERT INTO idempotency_key AS k (tenant, key, request_sha256, created_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (tenant, key) DO UPDATE SET request_sha256 = $3, answer = NULL, created_at = $4
  WHERE k.created_at < $5
  RETURNING key`;

export async function claimKey(tx: EntityManager, request: ClaimRequest): Promise<Claim> {
  const { tenant, key, requestSha256, now, forgottenBefore } = request;
  const claimed = (await tx.query(claimSql, [tenant, key, requestSha256, now, forgottenBefore])) as unknown[];
  if (claimed.length > 0) return { kind: 'new' };
  const row = await tx.findOneByOrFail(IdempotencyKeyEntity, { tenant, key });
  return row.requestSha256 === requestSha256 ? { kind: 'answered', answer: row.answer } : { kind: 'other-request' };
}

export async function keepAnswer(tx: EntityManager, tenant: string, key: string, answer: object): Promise<void> {
  await tx.update(IdempotencyKeyEntity, { tenant, key }, { answer } as never);
}
