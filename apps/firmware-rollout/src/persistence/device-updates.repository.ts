import type { EntityManager } from 'typeorm';
import type { Begun } from '../domain/assignments/assignment.js';
import type { UpdateMode } from '../domain/rollouts/rollout-definition.js';
import type { RolloutSettings } from '../domain/rollouts/rollout.js';
import type { WeeklyWindow } from '../domain/rollouts/weekly-windows.js';

/** What a device is told when it asks for updates. */
export interface DeviceUpdate {
  readonly tenant: string;
  readonly device: string;
  readonly version: number;
  readonly shown: 'deployment' | 'cancel' | 'nothing';
  readonly actionId: number | null;
  readonly mode: Exclude<UpdateMode['kind'], 'time-forced'> | null;
  readonly forcedFrom: Date | null;
  /** The action that succeeded last. */
  readonly installedActionId: number | null;
  /** The action that waits for the device to agree. */
  readonly unconfirmedActionId: number | null;
  readonly wantsAttributes: boolean;
  /** Of a deployment, by the clocks where the device was when it was offered; null = at any time. */
  readonly windows: WindowsOfDevice | null;
  readonly begun: Begun | null;
}

/** @property timeZone IANA name */
export interface WindowsOfDevice {
  readonly weekly: readonly WeeklyWindow[];
  readonly timeZone: string;
}

/** What is shown from now on. */
export type Shown =
  | {
      readonly shown: 'deployment';
      readonly actionId: number;
      readonly mode: UpdateMode;
      readonly windows: RolloutSettings['windows'];
      readonly begun: Begun;
    }
  | { readonly shown: 'cancel'; readonly actionId: number }
  /** Whether it agrees; how, it is told then. */
  | { readonly shown: 'confirmation'; readonly actionId: number; readonly mode: UpdateMode }
  /** @property succeeded what it was shown has succeeded: its attributes are wanted anew */
  | { readonly shown: 'nothing'; readonly actionId: number; readonly succeeded: boolean };

interface Row {
  version: number;
  shown: DeviceUpdate['shown'];
  action_id: number | null;
  mode: DeviceUpdate['mode'];
  forced_from: Date | null;
  installed_action_id: number | null;
  unconfirmed_action_id: number | null;
  wants_attributes: boolean;
  windows: WindowsOfDevice | null;
  begun: Begun | null;
}

export async function showDevice(
  tx: EntityManager,
  of: { readonly tenant: string; readonly device: string },
  shown: Shown,
): Promise<DeviceUpdate> {
  const mode = shown.shown === 'deployment' || shown.shown === 'confirmation' ? shown.mode : undefined;
  const instruction = shown.shown === 'confirmation' ? 'nothing' : shown.shown;
  const succeeded = shown.shown === 'nothing' && shown.succeeded;
  const [row] = await tx.query<[Row]>(
    `INSERT INTO device_update AS u (tenant, device, version, shown, action_id, mode, forced_from, installed_action_id,
       wants_attributes, unconfirmed_action_id, windows, begun)
     VALUES ($1, $2, 1, $3, $4, $5, $6, $7, true, $8, $9::jsonb || jsonb_build_object('timeZone', coalesce($9::jsonb ->> 'timeZone',
       (SELECT time_zone FROM device WHERE tenant = $1 AND device = $2), 'UTC')), $10)
     ON CONFLICT (tenant, device) DO UPDATE SET version = u.version + 1, shown = EXCLUDED.shown,
       action_id = EXCLUDED.action_id, mode = EXCLUDED.mode, forced_from = EXCLUDED.forced_from,
       installed_action_id = coalesce(EXCLUDED.installed_action_id, u.installed_action_id),
       wants_attributes = u.wants_attributes OR EXCLUDED.installed_action_id IS NOT NULL,
       unconfirmed_action_id = EXCLUDED.unconfirmed_action_id, windows = EXCLUDED.windows, begun = EXCLUDED.begun
     RETURNING *`,
    [
      ...[of.tenant, of.device, instruction, instruction === 'nothing' ? null : shown.actionId],
      // Time-forced is soft until its time.
      mode?.kind === 'time-forced' ? 'soft' : (mode?.kind ?? null),
      mode?.kind === 'time-forced' ? new Date(mode.forcedFromMs) : null,
      succeeded ? shown.actionId : null,
      shown.shown === 'confirmation' ? shown.actionId : null,
      ...windowsOf(shown),
    ],
  );
  return updateOf(of, row);
}

function windowsOf(shown: Shown): readonly [windows: string | null, begun: Begun | null] {
  if (shown.shown !== 'deployment' || shown.windows === undefined) return [null, null];
  return [JSON.stringify(shown.windows), shown.begun];
}

/** What a device said it runs, apart from what it is shown. @param actionId null = nobody knows; of a new one its attributes are wanted anew */
export async function setInstalledAction(
  tx: EntityManager,
  of: { readonly tenant: string; readonly device: string },
  actionId: number | null,
): Promise<DeviceUpdate> {
  const [row] = await tx.query<[Row]>(
    `INSERT INTO device_update AS u (tenant, device, version, shown, installed_action_id, wants_attributes)
     VALUES ($1, $2, 1, 'nothing', $3, true)
     ON CONFLICT (tenant, device) DO UPDATE SET version = u.version + 1, installed_action_id = EXCLUDED.installed_action_id,
       wants_attributes = u.wants_attributes OR EXCLUDED.installed_action_id IS NOT NULL
     RETURNING *`,
    [of.tenant, of.device, actionId],
  );
  return updateOf(of, row);
}

export async function findDeviceUpdate(
  db: EntityManager,
  of: { readonly tenant: string; readonly device: string },
): Promise<DeviceUpdate | undefined> {
  const sql = 'SELECT * FROM device_update WHERE tenant = $1 AND device = $2';
  const [row] = await db.query<Row[]>(sql, [of.tenant, of.device]);
  return row === undefined ? undefined : updateOf(of, row);
}

function updateOf(of: { readonly tenant: string; readonly device: string }, row: Row): DeviceUpdate {
  return {
    ...{ tenant: of.tenant, device: of.device, version: row.version, shown: row.shown, actionId: row.action_id },
    ...{ mode: row.mode, forcedFrom: row.forced_from, installedActionId: row.installed_action_id },
    unconfirmedActionId: row.unconfirmed_action_id,
    wantsAttributes: row.wants_attributes,
    ...{ windows: row.windows, begun: row.begun },
  };
}

/** What a device has said of itself. Locks it: changes follow each other. */
export async function lockAttributes(
  tx: EntityManager,
  of: { readonly tenant: string; readonly device: string },
): Promise<ReadonlyMap<string, string>> {
  const [row] = await tx.query<[{ attributes: Record<string, string> }]>(
    `INSERT INTO device_update AS u (tenant, device, version, shown, wants_attributes) VALUES ($1, $2, 0, 'nothing', true)
     ON CONFLICT (tenant, device) DO UPDATE SET wants_attributes = u.wants_attributes RETURNING attributes`,
    [of.tenant, of.device],
  );
  return new Map(Object.entries(row.attributes));
}

/** Nothing more is wanted of it then. The caller has locked them. */
export async function saveAttributes(
  tx: EntityManager,
  of: { readonly tenant: string; readonly device: string },
  attributes: ReadonlyMap<string, string>,
): Promise<DeviceUpdate> {
  const [[row]] = await tx.query<[[Row], number]>(
    `UPDATE device_update SET attributes = $3, wants_attributes = false, version = version + 1
     WHERE tenant = $1 AND device = $2 RETURNING *`,
    [of.tenant, of.device, JSON.stringify(Object.fromEntries(attributes))],
  );
  return updateOf(of, row);
}
