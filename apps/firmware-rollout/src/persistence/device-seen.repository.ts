import type { EntityManager } from 'typeorm';

export interface SeenDevice {
  readonly tenant: string;
  readonly device: string;
  /** By the clock of the process that heard it. */
  readonly seenAtMs: number;
}

/**
 * Each device once. The latest counts, whichever process heard it; but a time that lies ahead, as a clock that was wrong left it,
 * gives way to any other.
 */
export async function storeSeen(tx: EntityManager, seen: readonly SeenDevice[]): Promise<void> {
  if (seen.length === 0) return;
  await tx.query(
    `INSERT INTO device_seen AS s (tenant, device, seen_at)
     SELECT tenant, device, to_timestamp(ms / 1000) FROM unnest($1::text[], $2::text[], $3::float8[]) AS new (tenant, device, ms)
     ORDER BY tenant, device
     ON CONFLICT (tenant, device) DO UPDATE SET seen_at = EXCLUDED.seen_at
     WHERE EXCLUDED.seen_at > s.seen_at OR s.seen_at > now() + interval '1 minute'`,
    [seen.map(({ tenant }) => tenant), seen.map(({ device }) => device), seen.map(({ seenAtMs }) => seenAtMs)],
  );
}

/** What is known of a device and its updates. */
export interface KnownDevice {
  readonly seenAt: Date | null;
  readonly shown: 'deployment' | 'cancel' | 'nothing';
  readonly actionId: number | null;
  readonly mode: 'forced' | 'soft' | 'download-only' | null;
  readonly forcedFrom: Date | null;
  readonly wantsAttributes: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  /** Slug of the release that it runs. */
  readonly release: string | null;
  readonly releaseVersion: string | null;
  /** An action ended without its word: neither of both is known. */
  readonly inDoubt: boolean;
}

/** Undefined: the registry has no such device. */
export async function findKnownDevice(
  db: EntityManager,
  of: { readonly tenant: string; readonly device: string },
): Promise<KnownDevice | undefined> {
  const [row] = await db.query<KnownDevice[]>(
    `SELECT s.seen_at AS "seenAt", coalesce(u.shown, 'nothing') AS shown, u.action_id AS "actionId", u.mode,
       u.forced_from AS "forcedFrom", coalesce(u.wants_attributes, true) AS "wantsAttributes",
       coalesce(u.attributes, '{}') AS attributes, i.doubted_action IS NOT NULL AS "inDoubt",
       CASE WHEN i.doubted_action IS NULL THEN i.installed_release END AS release,
       CASE WHEN i.doubted_action IS NULL THEN i.installed_version END AS "releaseVersion"
     FROM device d LEFT JOIN device_seen s USING (tenant, device) LEFT JOIN device_update u USING (tenant, device)
       LEFT JOIN installation i USING (tenant, device)
     WHERE d.tenant = $1 AND d.device = $2 AND d.lifecycle <> 'deleted'`,
    [of.tenant, of.device],
  );
  return row;
}
