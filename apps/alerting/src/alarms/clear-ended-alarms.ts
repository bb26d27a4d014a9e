import type { Alerting } from '../alerting.js';
import type { Ended } from '../persistence/alarm-upkeep.repository.js';
import type { AlarmStore, EndReason } from './alarm-store.js';

const alarmsAtOnce = 500;

/** Clears all alarms whose rule or device is there no more, some at a time. @throws PersistenceError */
export async function clearEndedAlarms(
  alerting: Alerting,
  alarms: AlarmStore,
  tenant: string,
  ended: Ended,
  reason: EndReason,
): Promise<void> {
  for (let count = alarmsAtOnce; count === alarmsAtOnce;) {
    const changes = await alerting.change((tx) => alarms.clearEnded(tx, tenant, ended, reason, alarmsAtOnce));
    alarms.committed(changes);
    count = changes.length;
  }
}
