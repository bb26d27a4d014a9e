import { createHash } from 'node:crypto';
import { type Operator, Problem, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { meaningOfReference } from '../../devices/device-changes.js';
import { type DeviceView, deviceView } from '../../devices/device.dto.js';
import type { NewDeviceBody } from '../../devices/new-device.dto.js';
import { canonicalJson } from '../../domain/free-content.js';
import { insertDevices } from '../../persistence/devices.repository.js';
import { claimKey, keepAnswer } from '../../persistence/idempotency.repository.js';
import { reserveDevices, timeZones } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceLifecycleChanged, deviceState } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

export const idempotencyKeysKeptMs = 86_400_000;

export interface CreateDevice {
  readonly body: NewDeviceBody;
  readonly idempotencyKey: string | undefined;
}

export interface CreatedDevice {
  readonly view: DeviceView;
  /** The answer to an earlier request with the same key. */
  readonly replayed: boolean;
}

/** Only success is remembered under a key: after a refusal the same request is looked at anew. */
export async function createDevice(
  registry: Registry,
  operator: Operator,
  { body, idempotencyKey }: CreateDevice,
): Promise<CreatedDevice> {
  try {
    return await registry.change(async (tx) => {
      const earlier = await earlierAnswer(tx, registry, operator, { body, idempotencyKey });
      if (earlier !== undefined) return { view: earlier, replayed: true };
      const view = await insert(tx, registry, operator, body);
      if (idempotencyKey !== undefined) await keepAnswer(tx, operator.tenant, idempotencyKey, view);
      return { view, replayed: false };
    });
  } catch (error) {
    throw meaningOfReference(error);
  }
}

async function earlierAnswer(
  tx: EntityManager,
  registry: Registry,
  { tenant }: Operator,
  { body, idempotencyKey }: CreateDevice,
): Promise<DeviceView | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const now = registry.now();
  const claim = await claimKey(tx, {
    ...{ tenant, key: idempotencyKey, now },
    requestSha256: createHash('sha256').update(canonicalJson(body)).digest('base64url'),
    forgottenBefore: new Date(now.getTime() - idempotencyKeysKeptMs),
  });
  if (claim.kind === 'other-request') {
    throw new Problem({
      status: 422,
      type: 'idempotency-key-reused',
      title: 'The key belongs to another request',
      detail: 'this Idempotency-Key was used with another body within the last 24 hours',
    });
  }
  return claim.kind === 'answered' ? (claim.answer as DeviceView) : undefined;
}

async function insert(
  tx: EntityManager,
  registry: Registry,
  operator: Operator,
  body: NewDeviceBody,
): Promise<DeviceView> {
  const { tenant } = operator;
  const { device, profile } = body;
  const site = body.site ?? null;
  const at = registry.now();
  const allowance = await reserveDevices(tx, tenant, 1);
  if (!allowance.registered) throw problems.tenantUnknown();
  if (allowance.granted === 0) throw problems.deviceLimit(allowance.maxDevices);
  const timeZone = (await timeZones(tx, tenant, [site], true))(site);
  const content = { device, profile, site, labels: body.labels ?? {}, metadata: body.metadata ?? {} };
  const fresh = { ...content, lifecycle: 'created' as const, version: 1, credentialsVersion: 0 };
  const [row] = await insertDevices(tx, tenant, [fresh], at);
  if (row === undefined) throw problems.alreadyExists('device');
  const actor = actorOf(operator);
  const step = { to: 'created' as const, reason: 'created', actor, at, version: row.version };
  await journal(tx, registry.clock, { tenant, actor, action: 'device.create', entity: device }, [
    deviceLifecycleChanged(tenant, device, step),
    deviceState(row, timeZone),
  ]);
  return deviceView(row, timeZone);
}
