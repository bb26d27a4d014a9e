import type { EntityManager } from 'typeorm';

/** Each deletes at most `limit` rows and says how many. */
export function forgetIdempotencyKeys(tx: EntityManager, before: Date, limit: number): Promise<number> {
  return deleteSome(tx, 'idempotency_key', 'created_at < $1', { before, limit });
}

export function forgetAudit(tx: EntityManager, before: Date, limit: number): Promise<number> {
  return deleteSome(tx, 'audit_entry', 'at < $1', { before, limit });
}

/** Credentials that ended, by revocation or by their time, before. */
export function forgetCredentials(tx: EntityManager, before: Date, limit: number): Promise<number> {
  return deleteSome(tx, 'credential', 'revoked_at < $1 OR dropped_at < $1', { before, limit });
}

async function deleteSome(
  tx: EntityManager,
  table: string,
  condition: string,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  const chosen = `SELECT ctid FROM ${table} WHERE ${condition} LIMIT $2 FOR UPDATE SKIP LOCKED`;
  const answer = (await tx.query(`DELETE FROM ${table} WHERE ctid = ANY (ARRAY(${chosen}))`, [before, limit])) as [
    unknown[],
    number,
  ];
  return answer[1];
}
