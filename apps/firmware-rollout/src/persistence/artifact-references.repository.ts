import type { EntityManager } from 'typeorm';

/**
 * From now on `holder` (e.g. `release:<slug>`) refers to exactly these artifacts, in the transaction of what it is. An
 * artifact that is being collected meanwhile counts as absent.
 * @returns the digests of which the tenant has no artifact; then nothing is to be committed
 */
export async function referToArtifacts(
  tx: EntityManager,
  tenant: string,
  holder: string,
  digests: readonly string[],
): Promise<string[]> {
  const wanted = [...new Set(digests)].sort();
  const found = await tx.query<{ sha256: string }[]>(
    'SELECT sha256 FROM artifact WHERE tenant = $1 AND sha256 = ANY($2) ORDER BY sha256 FOR KEY SHARE',
    [tenant, wanted],
  );
  const known = new Set(found.map(({ sha256 }) => sha256));
  const missing = wanted.filter((sha256) => !known.has(sha256));
  if (missing.length > 0) return missing;
  const ended = 'DELETE FROM artifact_reference WHERE tenant = $1 AND holder = $2 AND sha256 <> ALL($3)';
  await tx.query(ended, [tenant, holder, wanted]);
  const begun = `
    INSERT INTO artifact_reference (tenant, sha256, holder) SELECT $1, unnest($3::text[]), $2 ON CONFLICT DO NOTHING`;
  await tx.query(begun, [tenant, holder, wanted]);
  return [];
}
