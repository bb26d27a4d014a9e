import type { Alerting } from '../../alerting.js';
import type { AlarmStore } from '../../alarms/alarm-store.js';
import { clearEndedAlarms } from '../../alarms/clear-ended-alarms.js';
import { outdatedRules } from '../../persistence/alarm-upkeep.repository.js';
import { TenantsApart } from './tenants-apart.js';

const rulesAtOnce = 100;

/**
 * Clears what rules raised before they were changed or removed: also what an evaluator raised that had not heard of it yet.
 * Whether it should be called again at once.
 */
export async function clearOutdatedAlarms(alerting: Alerting, alarms: AlarmStore): Promise<boolean> {
  const apart = new TenantsApart();
  for (;;) {
    const outdated = await alerting.read((db) => outdatedRules(db, rulesAtOnce, apart.failing));
    for (const { tenant, rule, removed, version } of outdated) {
      const reason = removed ? 'rule-removed' : 'rule-changed';
      await apart.attempt(tenant, () =>
        clearEndedAlarms(alerting, alarms, tenant, { rule, beforeVersion: version }, reason),
      );
    }
    const hasMore = outdated.length === rulesAtOnce;
    if (hasMore && apart.failing.length > 0) continue;
    apart.end();
    return hasMore;
  }
}
