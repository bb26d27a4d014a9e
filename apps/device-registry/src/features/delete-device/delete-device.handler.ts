import { type Operator, Problem, requireIfMatch, actorOf } from '@myelin/service-kit';
import { deleteDevice, lockDevice } from '../../persistence/devices.repository.js';
import { releaseDevices, reserveDevices } from '../../persistence/tenants.repository.js';
import { problems } from '../../problems.js';
import { journal } from '../../publication/journal.js';
import { deviceCredentialsTombstone, deviceTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

export interface RemoveDevice {
  readonly device: string;
  readonly ifMatch: string | undefined;
}

/** Only a retired device may go; its id may be used again by a new record with a new index. */
export function removeDevice(registry: Registry, operator: Operator, command: RemoveDevice): Promise<void> {
  const { tenant } = operator;
  const { device, ifMatch } = command;
  return registry.change(async (tx) => {
    await reserveDevices(tx, tenant, 0); // the lock on the count comes before that on the device
    const row = await lockDevice(tx, tenant, device);
    if (row === null) throw problems.notFound('device');
    requireIfMatch(ifMatch, row.version);
    if (row.lifecycle !== 'retired') throw notRetired(row.lifecycle);
    const versions = { version: row.version + 1, credentialsVersion: row.credentialsVersion + 1 };
    await deleteDevice(tx, row, versions);
    await releaseDevices(tx, tenant, 1);
    await journal(tx, registry.clock, { tenant, actor: actorOf(operator), action: 'device.delete', entity: device }, [
      deviceTombstone(row, versions.version),
      deviceCredentialsTombstone(row, versions.credentialsVersion),
    ]);
  });
}

function notRetired(lifecycle: string): Problem {
  return new Problem({
    status: 409,
    type: 'device-not-retired',
    title: 'Only a retired device can be deleted',
    extensions: { lifecycle },
  });
}
