import { windowLimits } from '../../domain/maintenance-window.js';
import { buryEndedWindows } from '../../persistence/maintenance-windows.repository.js';
import { publish } from '../../publication/journal.js';
import { maintenanceWindowTombstone } from '../../publication/state-events.js';
import type { Registry } from '../../registry.js';

export const windowsAtOnce = 500;

/**
 * Deletes maintenance windows that have been over for 7 days, with a tombstone for each, at most 500 per transaction.
 * Whether it should be called again at once.
 */
export function forgetWindows(registry: Registry): Promise<boolean> {
  const before = new Date(registry.clock.nowMs() - windowLimits.keptMs);
  return registry.change(async (tx) => {
    const buried = await buryEndedWindows(tx, before, windowsAtOnce);
    const tombstones = buried.map(({ tenant, window, version }) => maintenanceWindowTombstone(tenant, window, version));
    if (tombstones.length > 0) await publish(tx, tombstones);
    return buried.length === windowsAtOnce;
  });
}
