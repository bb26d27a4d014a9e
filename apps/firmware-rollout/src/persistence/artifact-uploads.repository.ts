import type { EntityManager } from 'typeorm';
import { ArtifactUploadEntity } from './artifact-upload.entity.js';

export type UploadRow = Omit<ArtifactUploadEntity, 'heldBy' | 'heldUntil'>;

/** Until the end of the transaction the tenant's uploads do not grow in number otherwise. */
export async function lockUploads(tx: EntityManager, tenant: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('artifact uploads ' || $1, 0))`, [tenant]);
}

/** Of those that are neither complete nor expired; bytes as they will be. */
export async function openUploads(
  db: EntityManager,
  tenant: string,
  now: Date,
): Promise<{ count: number; bytes: number }> {
  const sql = `
    SELECT count(*)::integer AS count, coalesce(sum(length), 0)::float8 AS bytes
    FROM artifact_upload WHERE tenant = $1 AND sha256 IS NULL AND expires_at > $2`;
  const [row] = await db.query<{ count: number; bytes: number }[]>(sql, [tenant, now]);
  return row ?? { count: 0, bytes: 0 };
}

export async function insertUpload(tx: EntityManager, row: UploadRow): Promise<void> {
  await tx.insert(ArtifactUploadEntity, row);
}

export async function findUpload(db: EntityManager, tenant: string, id: string): Promise<UploadRow | null> {
  return db.findOneBy(ArtifactUploadEntity, { tenant, id });
}

/** The database's clock decides: processes may disagree about the time. Whether `holder` has it now. */
export async function holdUpload(
  db: EntityManager,
  { tenant, id }: Pick<UploadRow, 'tenant' | 'id'>,
  holder: string,
  forMs: number,
): Promise<boolean> {
  const sql = `
    UPDATE artifact_upload SET held_by = $3, held_until = now() + $4 * interval '1 millisecond'
    WHERE tenant = $1 AND id = $2 AND (held_by IS NULL OR held_by = $3 OR held_until < now())`;
  const [, count] = await db.query<[unknown[], number]>(sql, [tenant, id, holder, forMs]);
  return count > 0;
}

/** Lets go of it; what was written gives it more time. */
export async function letGoOfUpload(
  db: EntityManager,
  { tenant, id }: Pick<UploadRow, 'tenant' | 'id'>,
  holder: string,
  expiresAt: Date,
): Promise<void> {
  const change = { heldBy: null, heldUntil: null, expiresAt };
  await db.update(ArtifactUploadEntity, { tenant, id, heldBy: holder }, change);
}

/** Only whoever holds it completes it. */
export async function completeUpload(
  tx: EntityManager,
  { tenant, id }: Pick<UploadRow, 'tenant' | 'id'>,
  holder: string,
  sha256: string,
): Promise<boolean> {
  const { affected } = await tx.update(ArtifactUploadEntity, { tenant, id, heldBy: holder }, { sha256 });
  return affected === 1;
}

export async function deleteUpload(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
  const { affected } = await tx.delete(ArtifactUploadEntity, { tenant, id });
  return affected === 1;
}

/** Which of these uploads still need what they have spooled. */
export async function liveUploads(db: EntityManager, ids: readonly string[], now: Date): Promise<Set<string>> {
  const sql = `
    SELECT id FROM artifact_upload
    WHERE id = ANY($1::uuid[]) AND ((sha256 IS NULL AND expires_at > $2) OR held_until >= now())`;
  return new Set((await db.query<{ id: string }[]>(sql, [ids, now])).map(({ id }) => id));
}

/** Forgets uploads that were over before an instant. How many there were. */
export async function forgetUploads(tx: EntityManager, before: Date, limit: number): Promise<number> {
  const sql = `
    DELETE FROM artifact_upload u
    USING (SELECT tenant, id FROM artifact_upload WHERE expires_at < $1 ORDER BY expires_at LIMIT $2) AS over
    WHERE u.tenant = over.tenant AND u.id = over.id`;
  const [, count] = await tx.query<[unknown[], number]>(sql, [before, limit]);
  return count;
}
