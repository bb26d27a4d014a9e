import {
  continueRepublication,
  finishRepublication,
  riseNextDevices,
  takeRepublication,
} from '../../persistence/republications.repository.js';
import { timeZones } from '../../persistence/tenants.repository.js';
import { publish } from '../../publication/journal.js';
import { deviceState } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

const devicesPerTransaction = 500;

/**
 * Publishes the next devices whose time zone changed with their site or tenant, each under a new version. One
 * transaction per 500 devices, so neither locks nor the outbox grow with the size of a site; a crash goes on where
 * it stopped. Whether there is more to do.
 */
export function republishNext(registry: Registry): Promise<boolean> {
  return registry.change(async (tx) => {
    const order = await takeRepublication(tx);
    if (order === null) return false;
    const devices = await riseNextDevices(tx, order, devicesPerTransaction, registry.now());
    const last = devices.at(-1);
    if (last === undefined) {
      await finishRepublication(tx, order.id);
      return true;
    }
    const zoneOf = await timeZones(tx, order.tenant, [order.site], true);
    await publish(
      tx,
      devices.map((device) => deviceState(device, zoneOf(order.site))),
    );
    await continueRepublication(tx, order.id, last.index);
    return true;
  });
}
