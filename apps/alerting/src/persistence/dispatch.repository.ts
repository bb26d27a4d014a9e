import type { EntityManager } from 'typeorm';
import { type Alarm, clearedFirst } from '../domain/alarms/alarm.js';
import { AlarmEntity } from './alarm.entity.js';
import { alarmOf } from './alarm-rows.js';

// `dispatch_queue` has no entity: its rows are only ever written and taken in lots.

const queueSql = `
  INSERT INTO dispatch_queue (tenant, alarm, traceparent)
  SELECT $1, q.alarm, q.traceparent
  FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS q(alarm, traceparent, place) ORDER BY q.place`;

/**
 * Notes that these alarms have changed, for the tenant's dispatcher. To be called in the transaction of the change, by
 * whoever holds the alarms' rows. What is over goes first, for the next one may be the same alert.
 * @param traces by alarm, the `traceparent` of what is to be told
 */
export async function queueForDispatch(
  tx: EntityManager,
  tenant: string,
  alarms: readonly Alarm[],
  traces: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  if (alarms.length === 0) return;
  const ids = clearedFirst(alarms).map(({ id }) => id);
  await tx.query(queueSql, [tenant, ids, ids.map((id) => traces.get(id) ?? null)]);
}

const queueActiveSql = `
  WITH held AS MATERIALIZED (
    SELECT id FROM alarm WHERE tenant = $1 AND condition = 'active' ORDER BY id FOR UPDATE)
  INSERT INTO dispatch_queue (tenant, alarm) SELECT $1, id FROM held`;

/** Notes all alarms that are active: their changes so far had no dispatcher. */
export async function queueActiveAlarms(tx: EntityManager, tenant: string): Promise<void> {
  await tx.query(queueActiveSql, [tenant]);
}

/** An alarm that has changed since it was last taken. */
export interface QueuedAlarm {
  readonly alarm: Alarm;
  /** Of the last change noted. Grows with every change of all alarms of a rule and device. */
  readonly revision: number;
  readonly settlesAtMs: number | null;
  /** Of the last change that had one. */
  readonly traceparent: string | null;
}

interface QueuedRow extends AlarmEntity, Pick<QueuedAlarm, 'revision' | 'traceparent'> {
  readonly settlesAt: Date | null;
  readonly noted: number;
}

/**
 * Takes some of what is noted out of the queue, oldest first, with the alarms as they are: one statement, so nothing of what
 * it shows of them is noted elsewhere than here or later in the queue. To be called under the dispatcher's lock.
 * @returns also how many notes these were; as many as `limit` mean that there may be more
 */
export async function takeQueued(
  tx: EntityManager,
  tenant: string,
  limit: number,
): Promise<{ alarms: QueuedAlarm[]; noted: number }> {
  const columns = tx
    .getRepository(AlarmEntity)
    .metadata.columns.map(({ databaseName, propertyName }) => `a.${databaseName} AS "${propertyName}"`);
  const sql = `
    WITH taken AS (
      DELETE FROM dispatch_queue
      WHERE tenant = $1
        AND seq IN (SELECT seq FROM dispatch_queue WHERE tenant = $1 ORDER BY seq LIMIT $2)
      RETURNING seq, alarm, traceparent)
    SELECT last.seq::float8 AS revision, last.traceparent, f.settles_at AS "settlesAt", (SELECT count(*)::integer FROM taken) AS noted,
           ${columns.join(', ')}
    FROM (SELECT alarm, max(seq) AS seq,
                 (array_agg(traceparent ORDER BY seq DESC) FILTER (WHERE traceparent IS NOT NULL))[1] AS traceparent
          FROM taken GROUP BY alarm) AS last
    JOIN alarm a ON a.tenant = $1 AND a.id = last.alarm
    LEFT JOIN flapping f ON f.tenant = $1 AND f.rule = a.rule AND f.device = a.device
    ORDER BY last.seq`;
  const rows = await tx.query<QueuedRow[]>(sql, [tenant, limit]);
  const alarms = rows.map((row) => ({
    ...{ alarm: alarmOf(row), revision: row.revision, settlesAtMs: row.settlesAt?.getTime() ?? null },
    traceparent: row.traceparent,
  }));
  return { alarms, noted: rows[0]?.noted ?? 0 };
}

/** Tenants with something in the queue are stepped through in the index, so a long queue costs no more than a short one. */
const tenantsSql = `
  WITH RECURSIVE queued AS (
    (SELECT tenant FROM dispatch_queue ORDER BY tenant LIMIT 1)
    UNION ALL
    SELECT next.tenant FROM queued, LATERAL (
      SELECT tenant FROM dispatch_queue WHERE tenant > queued.tenant ORDER BY tenant LIMIT 1) AS next)
  SELECT w.tenant
  FROM (SELECT tenant FROM queued UNION SELECT tenant FROM dispatcher WHERE due_at <= $2) AS w
  LEFT JOIN dispatcher d ON d.tenant = w.tenant
  WHERE d.owner IS NULL OR d.owner = $1 OR d.owned_until <= statement_timestamp()
  ORDER BY w.tenant = ANY($4), d.owned_until NULLS FIRST, w.tenant
  LIMIT $3`;

/** Whose dispatchers have something to do and are nobody else's: those that waited longest for a step first, `last` behind them. */
export async function tenantsToDispatch(
  db: EntityManager,
  { owner, now, limit, last }: { owner: string; now: Date; limit: number; last: readonly string[] },
): Promise<string[]> {
  const rows = await db.query<{ tenant: string }[]>(tenantsSql, [owner, now, limit, last]);
  return rows.map(({ tenant }) => tenant);
}

/** Holds the dispatcher until the transaction ends. @returns how many steps are stored; undefined = it is somebody else's */
export async function lockDispatcher(tx: EntityManager, tenant: string, owner: string): Promise<number | undefined> {
  await tx.query('INSERT INTO dispatcher (tenant, step) VALUES ($1, 0) ON CONFLICT (tenant) DO NOTHING', [tenant]);
  const sql = `
    SELECT step FROM dispatcher
    WHERE tenant = $1 AND (owner IS NULL OR owner = $2 OR owned_until <= statement_timestamp())
    FOR UPDATE SKIP LOCKED`;
  const [row] = await tx.query<{ step: number }[]>(sql, [tenant, owner]);
  return row?.step;
}

/** Counts the step of a dispatcher that is held, and keeps it for `leaseMs` by the database's clock. */
export async function storeStep(
  tx: EntityManager,
  tenant: string,
  { owner, leaseMs, dueAt }: { readonly owner: string; readonly leaseMs: number; readonly dueAt: Date | null },
): Promise<void> {
  const sql = `
    UPDATE dispatcher
    SET step = step + 1, due_at = $3, owner = $2, owned_until = statement_timestamp() + $4 * interval '1 ms'
    WHERE tenant = $1`;
  await tx.query(sql, [tenant, owner, dueAt, leaseMs]);
}

/** Leaves all dispatchers of a process to the others. */
export async function releaseDispatchers(db: EntityManager, owner: string): Promise<void> {
  await db.query('UPDATE dispatcher SET owner = NULL, owned_until = NULL WHERE owner = $1', [owner]);
}

/** Waits for the step under way, holds the dispatcher until the transaction ends, and has it look again soon. */
export async function callDispatcher(tx: EntityManager, tenant: string, at: Date): Promise<void> {
  const sql = `
    INSERT INTO dispatcher (tenant, step, due_at) VALUES ($1, 0, $2)
    ON CONFLICT (tenant) DO UPDATE SET due_at = least(dispatcher.due_at, EXCLUDED.due_at)`;
  await tx.query(sql, [tenant, at]);
}
