import type { EntityManager } from 'typeorm';

export interface ArtifactRow {
  readonly sha1: string;
  readonly md5: string;
  /** In bytes. */
  readonly size: number;
  readonly createdAt: Date;
}

/** Those of the digests that the tenant has, by digest. */
export async function findArtifactRows(
  db: EntityManager,
  tenant: string,
  digests: readonly string[],
): Promise<ReadonlyMap<string, ArtifactRow>> {
  const rows = await db.query<{ sha256: string; sha1: string; md5: string; size: string; created_at: Date }[]>(
    'SELECT sha256, sha1, md5, size, created_at FROM artifact WHERE tenant = $1 AND sha256 = ANY($2::text[])',
    [tenant, digests],
  );
  return new Map(
    rows.map(({ sha256, sha1, md5, size, created_at: createdAt }) => [
      sha256,
      { sha1, md5, size: Number(size), createdAt },
    ]),
  );
}
