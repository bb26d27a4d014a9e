import { createHash, randomUUID } from 'node:crypto';
import { inTransaction } from '@myelin/persistence';
import type { DataSource, EntityManager } from 'typeorm';
import type { ClaimedDelivery, DeliveryLedger, NextStep, TryOutcome } from '../domain/notifying/delivery.js';
import type { Notification } from '../domain/notifying/notification.js';
import { DeliveryEntity, DeliveryTryEntity } from './delivery.entity.js';

export const maxErrorLength = 500;

/**
 * A UUID (version 8) that is the same for the same notification, however often it is made: what the ledger holds
 * already it does not take again, and receivers can tell repetitions by it.
 */
export function deliveryIdOf(tenant: string, notification: Notification): string {
  const { receiver, groupKey, groupCreatedAtMs, sequence } = notification;
  const bytes = sha256(JSON.stringify([tenant, receiver, groupKey, groupCreatedAtMs, sequence])).subarray(0, 16);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x80;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Held while a receiver's queue gets longer or shorter: whether a delivery waits for an older one is decided by one
 * transaction at a time.
 */
const lockQueuesSql = `
  SELECT pg_advisory_xact_lock(hashtextextended('delivery/' || $1 || '/' || r.receiver, 0))
  FROM (SELECT DISTINCT receiver FROM unnest($2::text[]) AS u(receiver) ORDER BY receiver) r`;

const enqueueSql = `
  INSERT INTO delivery (id, tenant, receiver, group_hash, notified_at, sequence, notification, traceparent, state, waits,
                        tries, next_try_at, created_at)
  SELECT r.id, $1, r.receiver, r."groupHash", r."notifiedAt", r.sequence, r.notification, r.traceparent, 'pending',
         row_number() OVER (PARTITION BY r.receiver, r."groupHash" ORDER BY r."notifiedAt", r.sequence) > 1
           OR EXISTS (SELECT FROM delivery older
                      WHERE older.state = 'pending' AND older.tenant = $1 AND older.receiver = r.receiver
                        AND older.group_hash = r."groupHash"),
         0, statement_timestamp(), statement_timestamp()
  FROM jsonb_to_recordset($2::jsonb) AS r(id uuid, receiver text, "groupHash" text, "notifiedAt" timestamptz,
                                          sequence integer, notification jsonb, traceparent text)
  WHERE NOT EXISTS (SELECT FROM delivery same WHERE same.id = r.id)`;

/** Puts notifications into the ledger, in the transaction that stores what the dispatcher knows since it made them. */
export async function enqueueDeliveries(
  tx: EntityManager,
  tenant: string,
  notifications: readonly Notification[],
): Promise<void> {
  if (notifications.length === 0) return;
  const rows = notifications.map(({ traceparent, ...notification }) => ({
    ...{ id: deliveryIdOf(tenant, notification), receiver: notification.receiver, sequence: notification.sequence },
    groupHash: sha256(notification.groupKey).toString('hex'),
    ...{ notifiedAt: new Date(notification.atMs).toISOString(), notification },
    traceparent,
  }));
  await tx.query(lockQueuesSql, [tenant, rows.map(({ receiver }) => receiver)]);
  await tx.query(enqueueSql, [tenant, JSON.stringify(rows)]);
}

/**
 * Per receiver that has something and nothing on its way: what is due earliest of what waits for nothing older. The
 * receivers are stepped through in the index, so a long queue costs no more than a short one. Tenants that have less on its
 * way come first, so that one whose receivers all hang leaves room for the others. The database's clock counts, so that
 * processes whose clocks differ agree on leases.
 */
const claimSql = `
  WITH RECURSIVE queue AS (
    (SELECT tenant, receiver FROM delivery WHERE state = 'pending' AND NOT waits ORDER BY tenant, receiver LIMIT 1)
    UNION ALL
    SELECT following.* FROM queue q CROSS JOIN LATERAL (
      SELECT tenant, receiver FROM delivery
      WHERE state = 'pending' AND NOT waits AND (tenant, receiver) > (q.tenant, q.receiver)
      ORDER BY tenant, receiver LIMIT 1) following),
  due AS (
    SELECT q.tenant, head.* FROM queue q CROSS JOIN LATERAL (
      SELECT d.id, d.next_try_at FROM delivery d
      WHERE d.state = 'pending' AND NOT d.waits AND d.tenant = q.tenant AND d.receiver = q.receiver
        AND d.next_try_at <= statement_timestamp()
      ORDER BY d.next_try_at, d.id LIMIT 1) head
    WHERE NOT EXISTS (SELECT FROM delivery busy
                      WHERE busy.tenant = q.tenant AND busy.receiver = q.receiver
                        AND busy.claimed_until > statement_timestamp())),
  under_way AS (
    SELECT tenant, count(*) AS deliveries FROM delivery WHERE claimed_until > statement_timestamp() GROUP BY tenant),
  placed AS (
    SELECT due.id, due.next_try_at,
           coalesce(u.deliveries, 0) + row_number() OVER (PARTITION BY due.tenant ORDER BY due.next_try_at, due.id) AS place
    FROM due LEFT JOIN under_way u ON u.tenant = due.tenant)
  UPDATE delivery d
  SET claim = $1, claimed_until = statement_timestamp() + $2 * interval '1 ms', tries = d.tries + 1
  FROM (SELECT id FROM placed ORDER BY place, next_try_at LIMIT $3) chosen
  WHERE d.id = chosen.id AND d.state = 'pending'
    AND (d.claimed_until IS NULL OR d.claimed_until <= statement_timestamp())
  RETURNING d.id, d.tenant, d.notification, d.traceparent, d.tries,
            (SELECT count(*)::integer FROM delivery_try t
             WHERE t.delivery = d.id AND t.started_at >= d.created_at) AS failures,
            (extract(epoch FROM statement_timestamp() - d.created_at) * 1000)::float8 AS "ageMs"`;

const recordSql = `
  UPDATE delivery
  SET state = $3, claim = NULL, claimed_until = NULL,
      next_try_at = statement_timestamp() + $4 * interval '1 ms',
      ended_at = CASE WHEN $3 = 'pending' THEN NULL ELSE statement_timestamp() END
  WHERE id = $1 AND claim = $2 AND state = 'pending'
  RETURNING receiver, group_hash AS "groupHash"`;

/** What waited for the one that has ended waits no more. */
const promoteSql = `
  UPDATE delivery SET waits = false, next_try_at = statement_timestamp()
  WHERE id = (SELECT id FROM delivery
              WHERE state = 'pending' AND tenant = $1 AND receiver = $2 AND group_hash = $3
              ORDER BY notified_at, sequence LIMIT 1)`;

const startTrySql = `
  INSERT INTO delivery_try (delivery, try, started_at)
  SELECT r.id, r.tries, statement_timestamp() FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, tries integer)`;

const endTrySql = `
  UPDATE delivery_try SET ended_at = statement_timestamp(), outcome = $3, error = $4 WHERE delivery = $1 AND try = $2`;

type ClaimedRow = Omit<ClaimedDelivery, 'claim'>;

export class PostgresDeliveryLedger implements DeliveryLedger {
  constructor(private readonly dataSource: DataSource) {}

  claim(leaseMs: number, limit: number): Promise<ClaimedDelivery[]> {
    return inTransaction(this.dataSource, async (tx) => {
      const claim = randomUUID();
      const [rows] = await tx.query<[ClaimedRow[], number]>(claimSql, [claim, leaseMs, limit]);
      if (rows.length === 0) return [];
      await tx.query(startTrySql, [JSON.stringify(rows.map(({ id, tries }) => ({ id, tries })))]);
      return rows.map((row) => ({ ...row, claim }));
    });
  }

  record(delivery: ClaimedDelivery, outcome: TryOutcome, next: NextStep): Promise<boolean> {
    const { id, claim, tries, tenant, notification } = delivery;
    return inTransaction(this.dataSource, async (tx) => {
      const ends = next.state !== 'pending';
      if (ends) await tx.query(lockQueuesSql, [tenant, [notification.receiver]]);
      const values = [id, claim, next.state, ends ? 0 : next.delayMs];
      const [[row]] = await tx.query<[{ receiver: string; groupHash: string }[], number]>(recordSql, values);
      if (row === undefined) return false;
      const error = outcome.kind === 'delivered' ? null : outcome.error.slice(0, maxErrorLength);
      await tx.query(endTrySql, [id, tries, outcome.kind, error]);
      if (ends) await tx.query(promoteSql, [tenant, row.receiver, row.groupHash]);
      return true;
    });
  }
}

/** A delivery with all its tries, or null. */
export async function findDelivery(
  db: EntityManager,
  tenant: string,
  id: string,
): Promise<{ delivery: DeliveryEntity; tries: DeliveryTryEntity[] } | null> {
  const delivery = await db.findOneBy(DeliveryEntity, { tenant, id });
  if (delivery === null) return null;
  return { delivery, tries: await db.find(DeliveryTryEntity, { where: { delivery: id }, order: { try: 'ASC' } }) };
}

/** Sends a parked delivery once more, from the start of its schedule. False: it is not parked. */
export async function unparkDelivery(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
  const parked = await tx.findOne(DeliveryEntity, {
    where: { tenant, id, state: 'parked' },
    select: { receiver: true },
  });
  if (parked === null) return false;
  await tx.query(lockQueuesSql, [tenant, [parked.receiver]]);
  const sql = `
    UPDATE delivery d
    SET state = 'pending', ended_at = NULL, next_try_at = statement_timestamp(), created_at = statement_timestamp(),
        waits = EXISTS (SELECT FROM delivery o WHERE o.state = 'pending' AND o.tenant = d.tenant
                          AND o.receiver = d.receiver AND o.group_hash = d.group_hash)
    WHERE tenant = $1 AND id = $2 AND state = 'parked' RETURNING id`;
  const [rows] = await tx.query<[unknown[], number]>(sql, [tenant, id]);
  return rows.length === 1;
}

/** Forgets deliveries that ended before an instant. How many there were. */
export async function forgetDeliveries(tx: EntityManager, before: Date, limit: number): Promise<number> {
  const sql = `
    DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)
    RETURNING id`;
  const [rows] = await tx.query<[unknown[], number]>(sql, [before, limit]);
  return rows.length;
}

/** What waits to be delivered, of all tenants. */
export interface Waiting {
  readonly count: number;
  /** Since the one that has waited longest was put into the ledger. */
  readonly oldestAgeMs: number;
}

export async function waitingDeliveries(db: EntityManager): Promise<Waiting> {
  const sql = `
    SELECT count(*)::integer AS count,
           coalesce(extract(epoch FROM statement_timestamp() - min(created_at)) * 1000, 0)::float8 AS "oldestAgeMs"
    FROM delivery WHERE state = 'pending'`;
  const [row] = await db.query<Waiting[]>(sql);
  return row ?? { count: 0, oldestAgeMs: 0 };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
