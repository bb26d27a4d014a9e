import type { DeviceRecord } from '../../domain/records.js';
import type { EncodedRecord } from '@myelin/messaging';
import { type Operator, Problem, requireIfMatch, actorOf } from '@myelin/service-kit';
import type { EntityManager } from 'typeorm';
import { type StoredChange, walkLifecycle } from '../../devices/device-changes.js';
import { type Lifecycle, decideTransition } from '../../domain/lifecycle.js';
import { revokeAllCredentials } from '../../persistence/credentials.repository.js';
import { lockDevice } from '../../persistence/devices.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceCredentials } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';
import type { TransitionBody } from './transition.dto.js';

export interface MoveDevice {
  readonly device: string;
  readonly body: TransitionBody;
  readonly ifMatch: string | undefined;
}

export function moveDevice(registry: Registry, operator: Operator, command: MoveDevice): Promise<StoredChange> {
  const { tenant } = operator;
  const { device, ifMatch, body } = command;
  return registry.change(async (tx) => {
    const before = await lockDevice(tx, tenant, device);
    if (before === null) throw problems.notFound('device');
    requireIfMatch(ifMatch, before.version);
    const decision = decideTransition(before.lifecycle, body.to);
    if (!decision.allowed) throw notAllowed(before.lifecycle, body.to, decision.targets);
    const actor = actorOf(operator);
    const at = registry.now();
    const credentials = body.to === 'retired' ? await revokeAll(tx, before, at) : { row: before, events: [] };
    const walk = { steps: [body.to], reason: body.reason, actor, at };
    const change = await walkLifecycle(tx, credentials.row, walk);
    const action = { tenant, actor, action: 'device.transition', entity: device, reason: body.reason };
    await journal(tx, registry.clock, action, [...change.events, ...credentials.events]);
    return change;
  });
}

async function revokeAll(
  tx: EntityManager,
  device: DeviceRecord,
  at: Date,
): Promise<{ row: DeviceRecord; events: readonly EncodedRecord[] }> {
  await revokeAllCredentials(tx, device.tenant, device.device, at);
  if (device.credentialsVersion === 0) return { row: device, events: [] }; // it never had one
  const row = { ...device, credentialsVersion: device.credentialsVersion + 1 };
  return { row, events: [deviceCredentials(row, [])] };
}

function notAllowed(from: Lifecycle, to: Lifecycle, targets: readonly Lifecycle[]): Problem {
  return new Problem({
    status: 409,
    type: 'transition-not-allowed',
    title: 'The device cannot go there from where it is',
    detail: `a device that is ${from} cannot become ${to}; it can become: ${targets.join(', ') || 'nothing'}`,
    extensions: { from, to, allowed: targets },
  });
}
