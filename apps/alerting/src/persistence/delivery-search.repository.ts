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

// Found through their own index first: in the order of time the next one of an alarm may be behind all others.
const ofAlarm = `
  WITH told AS MATERIALIZED (SELECT id FROM delivery WHERE delivery_alarms(notification) @> ARRAY[$6::uuid::text])`;

// With the state in its words, so that what is not delivered is found in an index of its own: it is little.
const listSql = ({ state, alarm }: DeliveryFilter): string => `${alarm === undefined ? '' : ofAlarm}
  SELECT ${summary} FROM delivery
  WHERE tenant = $1 AND ($2::text IS NULL OR receiver = $2)
    AND ($3::float8 IS NULL OR (created_at, id) < (timestamptz 'epoch' + $3 * interval '1 microsecond', $4::uuid))
    ${state === undefined ? '' : `AND state = '${deliveryStates[state]}'`}
    ${alarm === undefined ? '' : 'AND id IN (SELECT id FROM told)'}
  ORDER BY created_at DESC, id DESC LIMIT $5`;

const deliveryStates: Readonly<Record<DeliveryEntity['state'], string>> = {
  ...{ pending: 'pending', delivered: 'delivered', parked: 'parked' },
};

/** The latest first. */
export function listDeliveries(
  db: EntityManager,
  tenant: string,
  filter: DeliveryFilter,
  { after, limit }: { readonly after: DeliveryPosition | undefined; readonly limit: number },
): Promise<DeliverySummary[]> {
  const [createdAtUs, id] = after ?? [null, null];
  const parameters = [tenant, filter.receiver ?? null, createdAtUs, id, limit];
  const { alarm } = filter;
  return db.query<DeliverySummary[]>(listSql(filter), alarm === undefined ? parameters : [...parameters, alarm]);
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
