import { preconditionFailed, requireIfMatch, type Operator, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import {
  faultInUntil,
  obstacleToChange,
  type WindowPeriod,
  windowLimits,
  windowStateAt,
} from '../../domain/maintenance-window.js';
import type { MaintenanceWindowRecord } from '../../domain/records.js';
import {
  countOpenWindows,
  countWindows,
  deleteWindow,
  insertWindow,
  lockWindow,
  updateWindow,
} from '../../persistence/maintenance-windows.repository.js';
import { lockTenant } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { type OperatorAction, journal } from '../../publication/journal.js';
import { maintenanceWindowState, maintenanceWindowTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { MaintenanceWindowBody, NewMaintenanceWindowBody } from './maintenance-window.dto.js';

/** The lock of the tenant makes new windows of a tenant follow each other, so that together they keep to the limit. */
export function createWindow(
  registry: Registry,
  operator: Operator,
  body: NewMaintenanceWindowBody,
): Promise<MaintenanceWindowRecord> {
  const { tenant } = operator;
  const { window } = body;
  return registry.change(async (tx) => {
    if ((await lockTenant(tx, tenant)) === null) throw problems.tenantUnknown();
    const now = registry.now();
    const content = { tenant, window, ...columnsOf(body), actor: actorOf(operator), updatedAt: now };
    refuseFaultyPeriod(content, now);
    const row = await insertWindow(tx, content);
    if (row === undefined) throw problems.alreadyExists('maintenance-window');
    const { perTenant, storedPerTenant } = windowLimits;
    if ((await countOpenWindows(tx, tenant, now)) > perTenant) throw problems.windowLimit(perTenant);
    if ((await countWindows(tx, tenant)) > storedPerTenant) throw problems.storedWindowLimit(storedPerTenant);
    await journal(tx, registry.clock, actionOf(operator, 'create', window), [maintenanceWindowState(row)]);
    return row;
  });
}

export interface ChangeWindow {
  readonly window: string;
  readonly body: MaintenanceWindowBody;
  readonly ifMatch: string | undefined;
}

export function changeWindow(
  registry: Registry,
  operator: Operator,
  { window, body, ifMatch }: ChangeWindow,
): Promise<MaintenanceWindowRecord> {
  return registry.change(async (tx) => {
    const before = await expectedWindow(tx, operator, window, ifMatch);
    const now = registry.now();
    const content = { ...before, ...columnsOf(body), actor: actorOf(operator), updatedAt: now };
    const obstacle = obstacleToChange(before, content.from, now.getTime());
    if (obstacle === 'over') throw problems.windowOver();
    if (obstacle === 'begun') throw problems.windowBegun(before.from);
    refuseFaultyPeriod(content, now);
    return stored(tx, registry, operator, 'change', content);
  });
}

/**
 * What has happened stays: a running window ends now, and is returned. One that has not begun is cancelled as if it never was.
 * @throws Problem 409 maintenance-window-over
 */
export function removeWindow(
  registry: Registry,
  operator: Operator,
  { window, ifMatch }: Omit<ChangeWindow, 'body'>,
): Promise<MaintenanceWindowRecord | undefined> {
  return registry.change(async (tx) => {
    const before = await expectedWindow(tx, operator, window, ifMatch);
    const now = registry.now();
    switch (windowStateAt(before, now.getTime())) {
      case 'over':
        throw problems.windowOver();
      case 'running': {
        const ended = { ...before, until: now, actor: actorOf(operator), updatedAt: now };
        return stored(tx, registry, operator, 'end', ended);
      }
      case 'upcoming': {
        const version = before.version + 1;
        await deleteWindow(tx, before, version);
        const tombstone = maintenanceWindowTombstone(before.tenant, window, version);
        await journal(tx, registry.clock, actionOf(operator, 'cancel', window), [tombstone]);
        return undefined;
      }
    }
  });
}

/** The window as it is, locked. @throws Problem 404, 412, 428 */
async function expectedWindow(
  tx: EntityManager,
  { tenant }: Operator,
  window: string,
  ifMatch: string | undefined,
): Promise<MaintenanceWindowRecord> {
  const row = await lockWindow(tx, tenant, window);
  if (row === null) throw problems.notFound('maintenance-window');
  requireIfMatch(ifMatch, row.version);
  return row;
}

/** @param content what it shall be, with the version that it has */
async function stored(
  tx: EntityManager,
  registry: Registry,
  operator: Operator,
  verb: 'change' | 'end',
  content: MaintenanceWindowRecord,
): Promise<MaintenanceWindowRecord> {
  const row = { ...content, version: content.version + 1 };
  if (!(await updateWindow(tx, row))) throw preconditionFailed(undefined);
  await journal(tx, registry.clock, actionOf(operator, verb, row.window), [maintenanceWindowState(row)]);
  return row;
}

function actionOf(operator: Operator, verb: 'create' | 'change' | 'end' | 'cancel', window: string): OperatorAction {
  const { tenant } = operator;
  return { tenant, actor: actorOf(operator), action: `maintenance-window.${verb}`, entity: window };
}

function columnsOf({ scope, from, until, reason }: MaintenanceWindowBody) {
  return { scope, from: new Date(from), until: new Date(until), reason };
}

function refuseFaultyPeriod(period: WindowPeriod, now: Date): void {
  const fault = faultInUntil(period, now.getTime());
  if (fault !== undefined) throw problems.invalid('/until', fault);
}
