import { writeToOutbox } from '@myelin/outbox';
import type { Alerting } from '../../alerting.js';
import { deleteClearedAlarms, deleteFlapping } from '../../persistence/alarm-upkeep.repository.js';
import { alarmTombstone } from '../../publication/alarm-events.js';

const alarmsAtOnce = 500;

/**
 * Forgets some of the alarms that were cleared longer ago than `retentionMs`, with their history; what remains of each is
 * a tombstone of its state. Whether it should be called again at once.
 */
export function forgetAlarms(alerting: Alerting, retentionMs: number, limit = alarmsAtOnce): Promise<boolean> {
  return alerting.change(async (tx) => {
    const nowMs = alerting.clock.nowMs();
    const before = new Date(nowMs - retentionMs);
    const forgotten = await deleteClearedAlarms(tx, before, limit);
    await writeToOutbox(
      tx,
      forgotten.map(({ tenant, id, version }) => alarmTombstone(tenant, id, version + 1, nowMs)),
    );
    const flappings = await deleteFlapping(tx, before, limit);
    return forgotten.length === limit || flappings === limit;
  });
}
