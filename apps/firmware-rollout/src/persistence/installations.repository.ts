import type { EntityManager } from 'typeorm';

/** The latest installation on a device. */
export interface Installation {
  readonly tenant: string;
  readonly device: string;
  /** Grows with every change, over one installation to the next as well. */
  readonly version: number;
  /** A UUID. */
  readonly installation: string;
  /** Slug of the release. */
  readonly firmware: string;
  readonly state: 'installing' | 'installed' | 'failed';
  readonly startedAt: Date;
  readonly expectedUntil: Date;
  readonly endedAt: Date | null;
}

export async function beginInstallation(
  tx: EntityManager,
  begun: Omit<Installation, 'version' | 'state' | 'endedAt'>,
): Promise<Installation> {
  const { tenant, device, installation, firmware, startedAt, expectedUntil } = begun;
  const [row] = await tx.query<[{ version: number }]>(
    `INSERT INTO installation AS i (tenant, device, version, installation, firmware, state, started_at, expected_until)
     VALUES ($1, $2, 1, $3, $4, 'installing', $5, $6)
     ON CONFLICT (tenant, device) DO UPDATE SET version = i.version + 1, installation = EXCLUDED.installation,
       firmware = EXCLUDED.firmware, state = EXCLUDED.state, started_at = EXCLUDED.started_at,
       expected_until = EXCLUDED.expected_until, ended_at = NULL
     RETURNING version`,
    [tenant, device, installation, firmware, startedAt, expectedUntil],
  );
  return { ...begun, version: row.version, state: 'installing', endedAt: null };
}

/** A device that said nothing in between has no installation that began: it begins and ends at the same instant. */
export async function endInstallation(tx: EntityManager, ended: Omit<Installation, 'version'>): Promise<Installation> {
  const { tenant, device, installation, firmware, state, startedAt, expectedUntil, endedAt } = ended;
  const [row] = await tx.query<[{ version: number; started_at: Date; expected_until: Date }]>(
    `INSERT INTO installation AS i (tenant, device, version, installation, firmware, state, started_at, expected_until, ended_at)
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (tenant, device) DO UPDATE SET version = i.version + 1,
       started_at = CASE WHEN i.installation = EXCLUDED.installation THEN i.started_at ELSE EXCLUDED.started_at END,
       expected_until = CASE WHEN i.installation = EXCLUDED.installation THEN i.expected_until ELSE EXCLUDED.expected_until END,
       installation = EXCLUDED.installation, firmware = EXCLUDED.firmware, state = EXCLUDED.state, ended_at = EXCLUDED.ended_at
     RETURNING version, started_at, expected_until`,
    [tenant, device, installation, firmware, state, startedAt, expectedUntil, endedAt],
  );
  return { ...ended, version: row.version, startedAt: row.started_at, expectedUntil: row.expected_until };
}
