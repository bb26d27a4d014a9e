import { type EntityManager, MoreThan } from 'typeorm';
import type { WindowState } from '../domain/maintenance-window.js';
import type { MaintenanceWindowRecord } from '../domain/records.js';
import { MaintenanceWindowEntity } from './maintenance-window.entity.js';
import { bury, insertAboveGrave } from './tombstones.repository.js';

const kind = 'maintenance-window';

export function findWindow(tx: EntityManager, tenant: string, window: string): Promise<MaintenanceWindowRecord | null> {
  return tx.findOneBy(MaintenanceWindowEntity, { tenant, window });
}

export function lockWindow(tx: EntityManager, tenant: string, window: string): Promise<MaintenanceWindowRecord | null> {
  return tx.findOne(MaintenanceWindowEntity, { where: { tenant, window }, lock: { mode: 'pessimistic_write' } });
}

/** How many of the tenant's windows are not over. */
export function countOpenWindows(tx: EntityManager, tenant: string, now: Date): Promise<number> {
  return tx.countBy(MaintenanceWindowEntity, { tenant, until: MoreThan(now) });
}

/** How many of the tenant's windows there are, with those that are over. */
export function countWindows(tx: EntityManager, tenant: string): Promise<number> {
  return tx.countBy(MaintenanceWindowEntity, { tenant });
}

/** Where a page begins: behind the window of this beginning and id. */
export interface WindowPosition {
  readonly from: Date;
  readonly window: string;
}

export interface WindowFilter {
  readonly state?: WindowState | undefined;
  /** Names that the scope has itself. */
  readonly device?: string | undefined;
  readonly profile?: string | undefined;
  readonly site?: string | undefined;
  readonly now: Date;
  readonly after?: WindowPosition | undefined;
  readonly limit: number;
}

const ofState: Readonly<Record<WindowState, string>> = {
  upcoming: 'w.starts_at > :now',
  running: 'w.starts_at <= :now AND w.ends_at > :now',
  over: 'w.ends_at <= :now',
};
const listOf = { device: 'devices', profile: 'profiles', site: 'sites' } as const;

/** Ordered by beginning, then by id. */
export function searchWindows(
  db: EntityManager,
  tenant: string,
  filter: WindowFilter,
): Promise<MaintenanceWindowRecord[]> {
  const { state, now, after, limit } = filter;
  const query = db
    .createQueryBuilder(MaintenanceWindowEntity, 'w')
    .where('w.tenant = :tenant', { tenant })
    .orderBy('w.from', 'ASC')
    .addOrderBy('w.window', 'ASC')
    .limit(limit);
  if (state !== undefined) query.andWhere(ofState[state], { now });
  for (const name of ['device', 'profile', 'site'] as const) {
    if (filter[name] !== undefined)
      query.andWhere(`(w.scope -> '${listOf[name]}') ? :${name}`, { [name]: filter[name] });
  }
  if (after !== undefined) {
    query.andWhere('(w.starts_at, w.window_id) > (CAST(:startsAt AS timestamptz), :windowId)', {
      startsAt: after.from,
      windowId: after.window,
    });
  }
  return query.getMany();
}

/** The stored row, its version above all former ones of this id; undefined when the window exists. */
export function insertWindow(
  tx: EntityManager,
  row: Omit<MaintenanceWindowRecord, 'version'>,
): Promise<MaintenanceWindowRecord | undefined> {
  return insertAboveGrave(tx, { entity: MaintenanceWindowEntity, kind, idMember: 'window', row });
}

/** Compare-and-set on the version before `row`. False: somebody else was faster. */
export async function updateWindow(tx: EntityManager, row: MaintenanceWindowRecord): Promise<boolean> {
  const { tenant, window, version, ...columns } = row;
  const expected = { tenant, window, version: version - 1 };
  const { affected } = await tx.update(MaintenanceWindowEntity, expected, { ...columns, version } as never);
  return affected === 1;
}

/** Leaves `version` behind as the last one of this id. */
export async function deleteWindow(tx: EntityManager, row: MaintenanceWindowRecord, version: number): Promise<void> {
  const { tenant, window } = row;
  await tx.delete(MaintenanceWindowEntity, { tenant, window, version: row.version });
  await bury(tx, { tenant, kind, id: window, version });
}

/** Of a window that is gone. */
export interface BuriedWindow {
  readonly tenant: string;
  readonly window: string;
  /** The tombstone's. */
  readonly version: number;
}

const burySql = `
  WITH gone AS (
    DELETE FROM maintenance_window WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM maintenance_window WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING tenant, window_id, version)
  INSERT INTO tombstone (tenant, kind, id, version, credentials_version)
  SELECT tenant, '${kind}', window_id, version + 1, 0 FROM gone
  ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version
  RETURNING tenant, id AS "window", version`;

/** As {@link deleteWindow}, with at most `limit` windows of any tenant that have been over since `before`. */
export function buryEndedWindows(tx: EntityManager, before: Date, limit: number): Promise<BuriedWindow[]> {
  return tx.query<BuriedWindow[]>(burySql, [before, limit]);
}
