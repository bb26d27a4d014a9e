import type { EntityManager } from 'typeorm';

type DeviceName = { readonly tenant: string; readonly device: string };

/** That a device agrees to whatever it is asked, until somebody takes that back. */
export interface AutoConfirm {
  readonly initiator?: string;
  readonly remark?: string;
  readonly activatedAtMs: number;
}

export interface Confirmation {
  /** Absent = it is asked. */
  readonly autoConfirm?: AutoConfirm;
  /** What it is asked now. */
  readonly unconfirmedActionId?: number;
}

interface Row {
  auto_confirm: AutoConfirm | null;
  unconfirmed_action_id: number | null;
}

/** Locks it: what is offered meanwhile comes after what a device says for all that is offered. */
export async function lockConfirmation(tx: EntityManager, { tenant, device }: DeviceName): Promise<Confirmation> {
  const [row] = await tx.query<[Row]>(
    `INSERT INTO device_update AS u (tenant, device, version, shown, wants_attributes) VALUES ($1, $2, 0, 'nothing', true)
     ON CONFLICT (tenant, device) DO UPDATE SET shown = u.shown RETURNING auto_confirm, unconfirmed_action_id`,
    [tenant, device],
  );
  return confirmationOf(row);
}

export async function findConfirmation(db: EntityManager, { tenant, device }: DeviceName): Promise<Confirmation> {
  const sql = 'SELECT auto_confirm, unconfirmed_action_id FROM device_update WHERE tenant = $1 AND device = $2';
  const [row] = await db.query<Row[]>(sql, [tenant, device]);
  return row === undefined ? {} : confirmationOf(row);
}

/** The caller has locked it. @param autoConfirm undefined = from now on it is asked */
export async function saveAutoConfirm(
  tx: EntityManager,
  { tenant, device }: DeviceName,
  autoConfirm: AutoConfirm | undefined,
): Promise<void> {
  const sql = 'UPDATE device_update SET auto_confirm = $3 WHERE tenant = $1 AND device = $2';
  await tx.query(sql, [tenant, device, autoConfirm === undefined ? null : JSON.stringify(autoConfirm)]);
}

function confirmationOf({ auto_confirm: autoConfirm, unconfirmed_action_id: actionId }: Row): Confirmation {
  return {
    ...(autoConfirm === null ? {} : { autoConfirm }),
    ...(actionId === null ? {} : { unconfirmedActionId: actionId }),
  };
}
