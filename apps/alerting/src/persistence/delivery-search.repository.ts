import type { EntityManager } from 'typeorm';
import type { Labels } from '../domain/notifying/labels.js';
import type { NotificationReason } from '../domain/notifying/notification.js';
import type { DeliveryEntity, DeliveryTryEntity } from './delivery.entity.js';

/** A delivery without its alerts, which may be many. */
export interface DeliverySummary extends Pick<
  DeliveryEntity,
  'id' | 'receiver' | 'state' | 'waits' | 'tries' | 'notifiedAt' | 'createdAt' | 'nextTryAt' | 'endedAt'
> {
  readonly status: 'firing' | 'resolved';
  readonly reason: NotificationReason;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly alertCount: number;
  /** `createdAt` as the database has it, in microseconds since the epoch. */
  readonly createdAtUs: number;
}

export type DeliveryTry = Pick<DeliveryTryEntity, 'try' | 'startedAt' | 'endedAt' | 'outcome' | 'error'>;

export interface DeliveryFilter {
  readonly state?: DeliveryEntity['state'] | undefined;
  readonly receiver?: string | undefined;
  /** Those that tell of this alarm. */
  readonly alarm?: string | undefined;
}

/** Where the page before ended. */
export type DeliveryPosition = readonly [createdAtUs: number, id: string];

const summary = `
  id, receiver, state, waits, tries, notified_at AS "notifiedAt", created_at AS "createdAt", next_try_at AS "nextTryAt",
  ended_at AS "endedAt", notification ->> 'status' AS status, notification ->> 'reason' AS reason,
  notification ->> 'groupKey' AS "groupKey", notification -> 'groupLabels' AS "groupLabels",
  jsonb_array_length(notification -> 'alerts') + (notification ->> 'truncatedAlerts')::integer AS "alertCount",
  (extract(epoch FROM created_at) * 1000000)::float8 AS "createdAtUs"`;

// An alert has its alarm's id at the end of its URL. An hour is for what the clocks of processes and database are apart.
const ofAlarm = `
    AND created_at >= (SELECT raise_noticed_at - interval '1 hour' FROM alarm WHERE tenant = $1 AND id = $7::uuid)
    AND EXISTS (SELECT FROM jsonb_array_elements(notification -> 'alerts') AS alert
                WHERE right(alert ->> 'generatorUrl', 36) = $7::uuid::text)`;

const listSql = (about: string): string => `
  SELECT ${summary} FROM delivery
  WHERE tenant = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR receiver = $3)
    AND ($4::float8 IS NULL OR (created_at, id) < (timestamptz 'epoch' + $4 * interval '1 microsecond', $5::uuid))${about}
  ORDER BY created_at DESC, id DESC LIMIT $6`;

/** The latest first. */
export function listDeliveries(
  db: EntityManager,
  tenant: string,
  { state, receiver, alarm }: DeliveryFilter,
  { after, limit }: { readonly after: DeliveryPosition | undefined; readonly limit: number },
): Promise<DeliverySummary[]> {
  const [createdAtUs, id] = after ?? [null, null];
  const parameters = [tenant, state ?? null, receiver ?? null, createdAtUs, id, limit];
  if (alarm === undefined) return db.query<DeliverySummary[]>(listSql(''), parameters);
  return db.query<DeliverySummary[]>(listSql(ofAlarm), [...parameters, alarm]);
}

export async function findDeliverySummary(
  db: EntityManager,
  tenant: string,
  id: string,
): Promise<DeliverySummary | undefined> {
  const [row] = await db.query<DeliverySummary[]>(`SELECT ${summary} FROM delivery WHERE tenant = $1 AND id = $2`, [
    tenant,
    id,
  ]);
  return row;
}
