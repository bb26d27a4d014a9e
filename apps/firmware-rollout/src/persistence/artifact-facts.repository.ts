import type { EntityManager } from 'typeorm';
import type { ArtifactFacts } from '../domain/releases/release.js';

export interface StoredFacts extends ArtifactFacts {
  readonly createdAt: Date;
}

/** What is known of those of the digests that the tenant has, by digest. */
export async function findArtifactFacts(
  db: EntityManager,
  tenant: string,
  digests: readonly string[],
): Promise<ReadonlyMap<string, StoredFacts>> {
  const rows = await db.query<(Omit<StoredFacts, 'size'> & { size: string })[]>(
    `SELECT sha256, sha1, md5, size, created_at AS "createdAt" FROM artifact
     WHERE tenant = $1 AND sha256 = ANY($2::text[])`,
    [tenant, digests],
  );
  return new Map(rows.map((row) => [row.sha256, { ...row, size: Number(row.size) }]));
}
