import type { EntityManager } from 'typeorm';
import { ArtifactEntity } from './artifact.entity.js';

/** An artifact as it is; sizes in bytes. */
export type ArtifactRow = Omit<ArtifactEntity, 'idleSince'>;

/** Where the page before ended: the time as the database has it, in microseconds since the epoch. */
export type ArtifactPosition = readonly [createdAtUs: number, sha256: string];

export interface ListedArtifact extends ArtifactRow {
  readonly createdAtUs: number;
}

/**
 * Whoever makes or removes the row or the blob of a digest does it under this lock, held until the transaction ends: a
 * blob is deleted only while nobody can begin to need it.
 */
export async function lockDigest(tx: EntityManager, sha256: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('artifact ' || $1, 0))`, [sha256]);
}

export async function findArtifact(db: EntityManager, tenant: string, sha256: string): Promise<ArtifactRow | null> {
  return db.findOneBy(ArtifactEntity, { tenant, sha256 });
}

/** The first upload of these bytes names and dates it; a later one only lets its time of grace begin anew. */
export async function keepArtifact(tx: EntityManager, row: ArtifactRow): Promise<void> {
  const sql = `
    INSERT INTO artifact AS a (tenant, sha256, sha1, md5, size, file_name, created_at, created_by, idle_since)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (tenant, sha256) DO UPDATE SET idle_since = greatest(a.idle_since, EXCLUDED.idle_since)`;
  const { tenant, sha256, sha1, md5, size, fileName, createdAt, createdBy } = row;
  await tx.query(sql, [tenant, sha256, sha1, md5, size, fileName, createdAt, createdBy, createdAt]);
}

const listSql = `
  SELECT tenant, sha256, sha1, md5, size::float8 AS size, file_name AS "fileName", created_at AS "createdAt",
         created_by AS "createdBy", (extract(epoch FROM created_at) * 1000000)::float8 AS "createdAtUs"
  FROM artifact
  WHERE tenant = $1
    AND ($2::float8 IS NULL OR (created_at, sha256) < (timestamptz 'epoch' + $2 * interval '1 microsecond', $3::text))
  ORDER BY created_at DESC, sha256 DESC LIMIT $4`;

/** The latest first. */
export function listArtifacts(
  db: EntityManager,
  tenant: string,
  { after, limit }: { readonly after: ArtifactPosition | undefined; readonly limit: number },
): Promise<ListedArtifact[]> {
  const [createdAtUs, sha256] = after ?? [null, null];
  return db.query<ListedArtifact[]>(listSql, [tenant, createdAtUs, sha256, limit]);
}

/** Bytes of a tenant's artifacts. */
export async function bytesOfArtifacts(db: EntityManager, tenant: string): Promise<number> {
  const sql = 'SELECT coalesce(sum(size), 0)::float8 AS bytes FROM artifact WHERE tenant = $1';
  const [row] = await db.query<{ bytes: number }[]>(sql, [tenant]);
  return row?.bytes ?? 0;
}

/** Artifacts that nobody refers to, for longer than since `before`. */
export function findIdleArtifacts(
  db: EntityManager,
  before: Date,
  limit: number,
): Promise<{ tenant: string; sha256: string }[]> {
  const sql = `
    SELECT tenant, sha256 FROM artifact a
    WHERE idle_since < $1
      AND NOT EXISTS (SELECT FROM artifact_reference r WHERE r.tenant = a.tenant AND r.sha256 = a.sha256)
    ORDER BY idle_since LIMIT $2`;
  return db.query(sql, [before, limit]);
}

/**
 * Deletes the row if it still is idle. Under {@link lockDigest}. Waits for a transaction that is about to refer to it, and
 * then sees what it did: the first statement takes the lock, only the second one decides.
 */
export async function deleteIdleArtifact(
  tx: EntityManager,
  tenant: string,
  sha256: string,
  before: Date,
): Promise<boolean> {
  await tx.query('SELECT FROM artifact WHERE tenant = $1 AND sha256 = $2 FOR UPDATE', [tenant, sha256]);
  const sql = `
    DELETE FROM artifact a WHERE tenant = $1 AND sha256 = $2 AND idle_since < $3
      AND NOT EXISTS (SELECT FROM artifact_reference r WHERE r.tenant = a.tenant AND r.sha256 = a.sha256)`;
  const [, count] = await tx.query<[unknown[], number]>(sql, [tenant, sha256, before]);
  return count > 0;
}

/** Whether an artifact of any tenant has these bytes. Under {@link lockDigest}. */
export async function isDigestKept(tx: EntityManager, sha256: string): Promise<boolean> {
  return tx.existsBy(ArtifactEntity, { sha256 });
}
