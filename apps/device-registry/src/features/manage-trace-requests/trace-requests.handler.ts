import { type Operator, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import type { TraceRequestRecord } from '../../domain/records.js';
import { traceRequestEnd, traceRequestLimits } from '../../domain/trace-request.js';
import { findDevice } from '../../persistence/devices.repository.js';
import { lockTenant } from '../../persistence/tenants.repository.js';
import {
  countOpenTraceRequests,
  deleteTraceRequest,
  insertTraceRequest,
  lockTraceRequest,
  updateTraceRequest,
} from '../../persistence/trace-requests.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { traceRequestState, traceRequestTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { NewTraceRequestBody } from './trace-request.dto.js';

/** The lock of the tenant makes its requests follow each other, so that together they keep to the limit. */
export function createTraceRequest(
  registry: Registry,
  operator: Operator,
  { device, reason, minutes }: NewTraceRequestBody,
): Promise<TraceRequestRecord> {
  const { tenant } = operator;
  const actor = actorOf(operator);
  return registry.change(async (tx) => {
    if ((await lockTenant(tx, tenant)) === null) throw problems.tenantUnknown();
    if ((await findDevice(tx, tenant, device)) === null) throw problems.unknownReference('device');
    const now = registry.now();
    const until = traceRequestEnd(now, minutes);
    const row = await stored(tx, { tenant, device, until, reason: reason ?? null, actor, updatedAt: now });
    const { perTenant } = traceRequestLimits;
    if ((await countOpenTraceRequests(tx, tenant, now)) > perTenant) throw problems.traceRequestLimit(perTenant);
    const action = { tenant, actor, action: 'trace-request.create', entity: device };
    await journal(tx, registry.clock, { ...action, ...(reason !== undefined && { reason }) }, [traceRequestState(row)]);
    return row;
  });
}

/** Whoever asks again asks anew: the time begins again, whether or not the former request is over. */
async function stored(tx: EntityManager, content: Omit<TraceRequestRecord, 'version'>): Promise<TraceRequestRecord> {
  const inserted = await insertTraceRequest(tx, content);
  if (inserted !== undefined) return inserted;
  const before = await lockTraceRequest(tx, content.tenant, content.device);
  // Between the two only the deletion of one that is over can come, which holds no lock of the tenant.
  if (before === null) throw problems.traceRequestEnding();
  const row = { ...content, version: before.version + 1 };
  await updateTraceRequest(tx, row);
  return row;
}

/** @throws Problem 404 trace-request-not-found, also when it is over */
export function removeTraceRequest(registry: Registry, operator: Operator, device: string): Promise<void> {
  const { tenant } = operator;
  return registry.change(async (tx) => {
    const before = await lockTraceRequest(tx, tenant, device);
    if (before === null || before.until <= registry.now()) throw problems.notFound('trace-request');
    const version = before.version + 1;
    await deleteTraceRequest(tx, before, version);
    const action = { tenant, actor: actorOf(operator), action: 'trace-request.delete', entity: device };
    await journal(tx, registry.clock, action, [traceRequestTombstone(tenant, device, version)]);
  });
}
