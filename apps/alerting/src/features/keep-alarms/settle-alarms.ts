import type { Alerting } from '../../alerting.js';
import { endAlarmSpans } from '../../alarms/alarm-spans.js';
import { saveChanges } from '../../alarms/alarm-store.js';
import { settle } from '../../domain/alarms/alarm.js';
import { type OfTenant, settleFlapping, settledBy } from '../../persistence/alarm-upkeep.repository.js';
import { lockAlarms } from '../../persistence/alarms.repository.js';
import { TenantsApart } from './tenants-apart.js';

const placesAtOnce = 200;

/** Ends the flapping of rules and devices whose condition has held for long enough. Whether it should be called again at once. */
export async function settleAlarms(alerting: Alerting): Promise<boolean> {
  const apart = new TenantsApart();
  const at = new Date(alerting.clock.nowMs());
  for (;;) {
    const due = await alerting.read((db) => settledBy(db, at, placesAtOnce, apart.failing));
    for (const one of due) await apart.attempt(one.tenant, () => settleOne(alerting, one));
    const hasMore = due.length === placesAtOnce;
    if (hasMore && apart.failing.length > 0) continue;
    apart.end();
    return hasMore;
  }
}

async function settleOne(alerting: Alerting, of: OfTenant): Promise<void> {
  const settled = await alerting.change(async (tx) => {
    const atMs = alerting.clock.nowMs();
    if (!(await settleFlapping(tx, of, new Date(atMs)))) return [];
    const changes = (await lockAlarms(tx, of.tenant, [], [of])).flatMap((alarm) => settle(alarm, atMs) ?? []);
    await saveChanges(tx, of.tenant, changes);
    return changes;
  });
  endAlarmSpans(settled);
}
