import type { Alerting } from '../../alerting.js';
import type { AlarmStore } from '../../alarms/alarm-store.js';
import { clearEndedAlarms } from '../../alarms/clear-ended-alarms.js';
import { concerns } from '../../domain/evaluation/rule-book.js';
import type { Fleet } from '../../domain/fleet/fleet.js';
import { type ActiveAlarm, type OfTenant, activeAlarmsAfter } from '../../persistence/alarm-upkeep.repository.js';
import { TenantsApart } from './tenants-apart.js';

const alarmsAtOnce = 1_000;
const beginning: OfTenant = { tenant: '', rule: '', device: '' };

/**
 * Clears alarms of devices that are there no more, or that their rule does not concern any more: no reading of theirs will. To be
 * called while the fleet is known. Looks at all active alarms.
 */
export async function clearUnconcernedAlarms(alerting: Alerting, alarms: AlarmStore, fleet: Fleet): Promise<void> {
  const apart = new TenantsApart();
  for (let after = beginning; ;) {
    const active = await alerting.read((db) => activeAlarmsAfter(db, after, alarmsAtOnce));
    for (const one of active) {
      const reason = reasonToClear(one, fleet);
      if (reason === undefined) continue;
      await apart.attempt(one.tenant, () =>
        clearEndedAlarms(alerting, alarms, one.tenant, { device: one.device, ofRule: one.rule }, reason),
      );
    }
    const last = active.at(-1);
    if (last === undefined || active.length < alarmsAtOnce) return apart.end();
    after = last;
  }
}

/** Alarms of rules that are changed or gone are cleared for that. */
function reasonToClear(
  { tenant, rule: id, ruleVersion, device }: ActiveAlarm,
  fleet: Fleet,
): 'device-removed' | 'device-changed' | undefined {
  const known = fleet.deviceOf(`${tenant}/${device}`);
  if (known === undefined) return 'device-removed';
  const rule = fleet.rulesOf(tenant)?.find(id);
  if (rule?.version !== ruleVersion || concerns(rule, known.facts)) return undefined;
  return 'device-changed';
}
