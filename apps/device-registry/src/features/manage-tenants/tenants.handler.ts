import type { TenantRecord } from '../../domain/records.js';
import { preconditionFailed, requireIfMatch, type Operator, actorOf } from '@myelin/service-kit';
import { enqueueRepublication } from '../../persistence/republications.repository.js';
import { insertTenant, lockTenant, updateTenant } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { tenantState } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { NewTenantBody, TenantBody } from './tenant.dto.js';

function columnsOf({ displayName, timeZone, limits }: TenantBody) {
  const { maxDevices, messagesPerSecond, messagesPerSecondPerDevice } = limits;
  return { displayName, timeZone, maxDevices, messagesPerSecond, messagesPerSecondPerDevice };
}

export function createTenant(registry: Registry, operator: Operator, body: NewTenantBody): Promise<TenantRecord> {
  return registry.change(async (tx) => {
    const row = { tenant: body.tenant, ...columnsOf(body), version: 1, updatedAt: registry.now() };
    if (!(await insertTenant(tx, row))) throw problems.alreadyExists('tenant');
    const action = { tenant: row.tenant, actor: actorOf(operator), action: 'tenant.create', entity: row.tenant };
    await journal(tx, registry.clock, action, [tenantState(row)]);
    return row;
  });
}

/** A new time zone also reaches the devices without a site, in the background. */
export function changeTenant(
  registry: Registry,
  operator: Operator,
  tenant: string,
  change: { body: TenantBody; ifMatch: string | undefined },
): Promise<TenantRecord> {
  return registry.change(async (tx) => {
    const before = await lockTenant(tx, tenant);
    if (before === null) throw problems.notFound('tenant');
    requireIfMatch(change.ifMatch, before.version);
    const row = { tenant, ...columnsOf(change.body), version: before.version + 1, updatedAt: registry.now() };
    if (!(await updateTenant(tx, row))) throw preconditionFailed(undefined);
    if (row.timeZone !== before.timeZone) await enqueueRepublication(tx, registry.clock, tenant, null);
    const action = { tenant, actor: actorOf(operator), action: 'tenant.change', entity: tenant };
    await journal(tx, registry.clock, action, [tenantState(row)]);
    return row;
  });
}
