import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { DispatcherChanges, DispatcherState } from '../domain/notifying/dispatcher.js';
import { DispatchedAlertEntity, DispatchedGroupEntity } from './dispatcher-state.entity.js';

/** What a tenant's dispatcher knew when it was last stored. */
export async function loadDispatcherState(db: EntityManager, tenant: string): Promise<DispatcherState> {
  const alerts = await db.findBy(DispatchedAlertEntity, { tenant });
  const groups = await db.findBy(DispatchedGroupEntity, { tenant });
  return {
    alerts: alerts.map(({ key, alert }) => [key, alert]),
    groups: groups.map(({ key, group }) => [key, group]),
  };
}

const rowsOf = (column: string): string => `
  SELECT $1, r.hash, r.key, r.value FROM jsonb_to_recordset($2::jsonb) AS r(hash text, key text, value jsonb)
  ON CONFLICT (tenant, hash) DO UPDATE SET ${column} = EXCLUDED.${column}`;

/** Stores what changed. Belongs into one transaction with the deliveries that it led to. */
export async function storeDispatcherChanges(
  tx: EntityManager,
  tenant: string,
  { alerts, groups }: DispatcherChanges,
): Promise<void> {
  await store(tx, tenant, alerts, 'dispatched_alert', 'alert');
  await store(tx, tenant, groups, 'dispatched_group', 'group_state');
}

async function store(
  tx: EntityManager,
  tenant: string,
  changes: readonly (readonly [string, object | null])[],
  table: 'dispatched_alert' | 'dispatched_group',
  column: 'alert' | 'group_state',
): Promise<void> {
  const gone = changes.filter(([, value]) => value === null).map(([key]) => hashOf(key));
  if (gone.length > 0) await tx.query(`DELETE FROM ${table} WHERE tenant = $1 AND hash = ANY($2)`, [tenant, gone]);
  const rows = changes.filter(([, value]) => value !== null).map(([key, value]) => ({ hash: hashOf(key), key, value }));
  if (rows.length === 0) return;
  await tx.query(`INSERT INTO ${table} (tenant, hash, key, ${column}) ${rowsOf(column)}`, [
    tenant,
    JSON.stringify(rows),
  ]);
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
