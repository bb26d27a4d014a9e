import type { EntityManager } from 'typeorm';
import type { KnownFirmware } from '../domain/assignments/known-firmware.js';

type DeviceName = { readonly tenant: string; readonly device: string };

/** What a device runs, by name. */
export interface NamedFirmware {
  /** Slug of the release; absent for one that is none of ours. */
  readonly release?: string;
  readonly version: string;
}

/** What is known of the device, and of the latest installation that was published. Locks it: what is heard follows each other. */
export interface StoredFirmware {
  readonly known: KnownFirmware;
  readonly running?: NamedFirmware;
  /** Another installation than this one lasts. */
  readonly isInstalling: (installation: string) => boolean;
}

interface Row {
  installation: string;
  state: string;
  installed_action: number | null;
  doubted_action: number | null;
  installed_release: string | null;
  installed_version: string | null;
}

export async function lockFirmware(tx: EntityManager, { tenant, device }: DeviceName): Promise<StoredFirmware> {
  // Whoever was ever offered something has a row there; here it may be the first one.
  await tx.query('SELECT FROM device_update WHERE tenant = $1 AND device = $2 FOR UPDATE', [tenant, device]);
  const sql = 'SELECT * FROM installation WHERE tenant = $1 AND device = $2 FOR UPDATE';
  const [row] = await tx.query<Row[]>(sql, [tenant, device]);
  if (row === undefined) return { known: {}, isInstalling: () => false };
  const { installed_action: action, doubted_action: doubted, installed_release: release } = row;
  const version = row.installed_version;
  return {
    known: {
      ...(action === null ? {} : { action }),
      ...(action === null || version !== null ? {} : { isForgotten: true }),
      ...(doubted === null ? {} : { doubted }),
    },
    ...(version === null ? {} : { running: { version, ...(release === null ? {} : { release }) } }),
    isInstalling: (installation) => row.state === 'installing' && row.installation !== installation,
  };
}

/** The latest action of a device that is over; 0 = none is. Of one that lasts whatever was before it is. */
export async function latestEndedAction(tx: EntityManager, { tenant, device }: DeviceName): Promise<number> {
  const [row] = await tx.query<[{ action: number | null }]>(
    `SELECT max(CASE WHEN state IN ('succeeded', 'failed', 'cancelled', 'skipped') THEN action_id ELSE action_id - 1 END) AS action
     FROM assignment WHERE tenant = $1 AND device = $2`,
    [tenant, device],
  );
  return row.action ?? 0;
}

/**
 * @param running of what is known; absent = nothing is. Of a device that no installation was ever told of one is stored that is over,
 * and is not published: its version is 0.
 */
export async function saveFirmware(
  tx: EntityManager,
  { tenant, device }: DeviceName,
  { known, running }: { readonly known: KnownFirmware; readonly running?: NamedFirmware | undefined },
  unknownInstallation: { readonly installation: string; readonly firmware: string; readonly at: Date },
): Promise<void> {
  const { installation, firmware, at } = unknownInstallation;
  await tx.query(
    `INSERT INTO installation AS i (tenant, device, version, installation, firmware, state, started_at, expected_until, ended_at,
       installed_action, doubted_action, installed_release, installed_version)
     VALUES ($1, $2, 0, $3, $4, 'failed', $5, $5, $5, $6, $7, $8, $9)
     ON CONFLICT (tenant, device) DO UPDATE SET installed_action = EXCLUDED.installed_action,
       doubted_action = EXCLUDED.doubted_action, installed_release = EXCLUDED.installed_release,
       installed_version = EXCLUDED.installed_version`,
    [
      ...[tenant, device, installation, firmware, at, known.action ?? null, known.doubted ?? null],
      ...[running?.release ?? null, running?.version ?? null],
    ],
  );
}
