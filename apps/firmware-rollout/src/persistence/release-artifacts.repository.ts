import type { EntityManager } from 'typeorm';
import type { ArtifactFacts } from '../domain/releases/release.js';

const holderOf = (release: string): string => `release:${release}`;

/** Those of the digests that the tenant has. An artifact that is being collected meanwhile counts as absent. */
export async function lockArtifacts(
  tx: EntityManager,
  tenant: string,
  digests: readonly string[],
): Promise<ArtifactFacts[]> {
  return factsOf(tx, tenant, digests, ' FOR KEY SHARE');
}

export function findArtifactFacts(
  db: EntityManager,
  tenant: string,
  digests: readonly string[],
): Promise<ArtifactFacts[]> {
  return factsOf(db, tenant, digests, '');
}

/** From now on the release refers to exactly these artifacts, which then stay. @param digests locked in this transaction */
export async function holdArtifacts(
  tx: EntityManager,
  tenant: string,
  release: string,
  digests: readonly string[],
): Promise<void> {
  const held = [tenant, holderOf(release), digests];
  const ended = 'DELETE FROM artifact_reference WHERE tenant = $1 AND holder = $2 AND sha256 <> ALL($3::text[])';
  await tx.query(ended, held);
  const begun = `
    INSERT INTO artifact_reference (tenant, sha256, holder)
    SELECT DISTINCT $1, sha256, $2 FROM unnest($3::text[]) AS d(sha256) ON CONFLICT DO NOTHING`;
  await tx.query(begun, held);
}

async function factsOf(db: EntityManager, tenant: string, digests: readonly string[], lock: string) {
  const sql = `
    SELECT sha256, sha1, md5, size FROM artifact
    WHERE tenant = $1 AND sha256 = ANY($2::text[]) ORDER BY sha256${lock}`;
  const rows = await db.query<(Omit<ArtifactFacts, 'size'> & { readonly size: string })[]>(sql, [tenant, digests]);
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}
