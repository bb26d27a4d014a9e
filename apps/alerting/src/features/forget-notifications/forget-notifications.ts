import type { Alerting } from '../../alerting.js';
import { forgetDeliveries } from '../../persistence/deliveries.repository.js';
import { forgetSilences } from '../../persistence/silences.repository.js';

const rowsAtOnce = 500;

/**
 * Forgets some of the notifications that were delivered or parked, and of the silences that ended, longer ago than
 * `retentionMs`. Whether it should be called again at once.
 */
export function forgetNotifications(alerting: Alerting, retentionMs: number, limit = rowsAtOnce): Promise<boolean> {
  return alerting.change(async (tx) => {
    const before = new Date(alerting.clock.nowMs() - retentionMs);
    const deliveries = await forgetDeliveries(tx, before, limit);
    const silences = await forgetSilences(tx, before, limit);
    return deliveries === limit || silences === limit;
  });
}
