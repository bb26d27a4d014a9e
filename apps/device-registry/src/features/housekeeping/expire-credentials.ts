import { isLive } from '../../domain/credential.js';
import { devicesWithExpired, dropExpired, openCredentials } from '../../persistence/credentials.repository.js';
import { lockDevice, setCredentialsVersion } from '../../persistence/devices.repository.js';
import { publish } from '../../publication/journal.js';
import { deviceCredentials } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

const devicesAtOnce = 200;

/**
 * Publishes the sets of credentials anew without those whose time is over. Edges refuse these by the clock already;
 * this keeps the state small. How many devices there were.
 */
export async function expireCredentials(registry: Registry): Promise<number> {
  const devices = await registry.read((db) => devicesWithExpired(db, registry.now(), devicesAtOnce));
  for (const { tenant, device } of devices) await expireOf(registry, tenant, device);
  return devices.length;
}

function expireOf(registry: Registry, tenant: string, device: string): Promise<void> {
  return registry.change(async (tx) => {
    const before = await lockDevice(tx, tenant, device);
    const at = registry.now();
    if (before === null || (await dropExpired(tx, tenant, device, at)) === 0) return;
    const row = { ...before, credentialsVersion: before.credentialsVersion + 1 };
    await setCredentialsVersion(tx, row);
    const open = await openCredentials(tx, tenant, device);
    await publish(tx, [
      deviceCredentials(
        row,
        open.filter((one) => isLive(one, at.getTime())),
      ),
    ]);
  });
}
