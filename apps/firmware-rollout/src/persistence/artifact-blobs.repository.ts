import type { EntityManager } from 'typeorm';
import { ArtifactBlobEntity } from './artifact.entity.js';

/** A blob that will be looked at when it is due; an earlier time counts. */
export async function noteBlob(tx: EntityManager, sha256: string, dueAt: Date): Promise<void> {
  const sql = `
    INSERT INTO artifact_blob AS b (sha256, due_at) VALUES ($1, $2)
    ON CONFLICT (sha256) DO UPDATE SET due_at = least(b.due_at, EXCLUDED.due_at)`;
  await tx.query(sql, [sha256, dueAt]);
}

export async function forgetBlob(tx: EntityManager, sha256: string): Promise<void> {
  await tx.delete(ArtifactBlobEntity, { sha256 });
}

export async function findDueBlobs(db: EntityManager, now: Date, limit: number): Promise<string[]> {
  const sql = 'SELECT sha256 FROM artifact_blob WHERE due_at <= $1 ORDER BY due_at LIMIT $2';
  return (await db.query<{ sha256: string }[]>(sql, [now, limit])).map(({ sha256 }) => sha256);
}
