import { type EntityManager, MoreThan } from 'typeorm';
import type { TraceRequestRecord } from '../domain/records.js';
import { bury, insertAboveGrave } from './tombstones.repository.js';
import { TraceRequestEntity } from './trace-request.entity.js';

const kind = 'trace-request';

export function lockTraceRequest(
  tx: EntityManager,
  tenant: string,
  device: string,
): Promise<TraceRequestRecord | null> {
  return tx.findOne(TraceRequestEntity, { where: { tenant, device }, lock: { mode: 'pessimistic_write' } });
}

/** Those of the tenant that are not over, by their end. */
export function openTraceRequests(db: EntityManager, tenant: string, now: Date): Promise<TraceRequestRecord[]> {
  return db.find(TraceRequestEntity, {
    where: { tenant, until: MoreThan(now) },
    order: { until: 'ASC', device: 'ASC' },
  });
}

/** How many of the tenant's requests are not over. */
export function countOpenTraceRequests(tx: EntityManager, tenant: string, now: Date): Promise<number> {
  return tx.countBy(TraceRequestEntity, { tenant, until: MoreThan(now) });
}

/** The stored row, its version above all former ones of this device; undefined when there is one. */
export function insertTraceRequest(
  tx: EntityManager,
  row: Omit<TraceRequestRecord, 'version'>,
): Promise<TraceRequestRecord | undefined> {
  return insertAboveGrave(tx, { entity: TraceRequestEntity, kind, idMember: 'device', row });
}

/** Of a row that the caller has locked. */
export async function updateTraceRequest(tx: EntityManager, row: TraceRequestRecord): Promise<void> {
  const { tenant, device, ...columns } = row;
  await tx.update(TraceRequestEntity, { tenant, device }, columns);
}

/** Leaves `version` behind as the last one of this device. */
export async function deleteTraceRequest(
  tx: EntityManager,
  { tenant, device }: TraceRequestRecord,
  version: number,
): Promise<void> {
  await tx.delete(TraceRequestEntity, { tenant, device });
  await bury(tx, { tenant, kind, id: device, version });
}

/** Of a request that is gone. */
export interface BuriedTraceRequest {
  readonly tenant: string;
  readonly device: string;
  /** The tombstone's. */
  readonly version: number;
}

const burySql = `
  WITH gone AS (
    DELETE FROM trace_request WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM trace_request WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING tenant, device, version)
  INSERT INTO tombstone (tenant, kind, id, version, credentials_version)
  SELECT tenant, '${kind}', device, version + 1, 0 FROM gone
  ON CONFLICT (tenant, kind, id) DO UPDATE SET version = excluded.version
  RETURNING tenant, id AS "device", version`;

/** As {@link deleteTraceRequest}, with at most `limit` requests of any tenant that have been over since `before`. */
export function buryEndedTraceRequests(tx: EntityManager, before: Date, limit: number): Promise<BuriedTraceRequest[]> {
  return tx.query<BuriedTraceRequest[]>(burySql, [before, limit]);
}
