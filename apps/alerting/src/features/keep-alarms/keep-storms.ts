import type { Alerting } from '../../alerting.js';
import { type AlarmStore, saveChanges } from '../../alarms/alarm-store.js';
import { type AlarmChange, inhibit, release } from '../../domain/alarms/alarm.js';
import type { OfTenant } from '../../persistence/alarm-upkeep.repository.js';
import { lockAlarms } from '../../persistence/alarms.repository.js';
import { activeStormsAfter, inhibitorsOf, misplacedAlarms } from '../../persistence/storms.repository.js';
import { TenantsApart } from './tenants-apart.js';

const stormsAtOnce = 200;
const alarmsAtOnce = 500;
const beginning: OfTenant = { tenant: '', rule: '', device: '' };

/** Clears the alarms of storms that are over. */
export async function endStorms(alerting: Alerting, alarms: AlarmStore): Promise<void> {
  const apart = new TenantsApart();
  for (let after = beginning; ;) {
    const storms = await alerting.read((db) => activeStormsAfter(db, after, stormsAtOnce));
    for (const storm of storms) {
      await apart.attempt(storm.tenant, async () => {
        alarms.committed(await alerting.change((tx) => alarms.endStorm(tx, storm.tenant, storm)));
      });
    }
    const last = storms.at(-1);
    if (last === undefined || storms.length < stormsAtOnce) return apart.end();
    after = last;
  }
}

/**
 * Inhibits alarms that were raised before it was known that they are a storm, and releases those whose storm's alarm is over,
 * however it was cleared. Whether it should be called again at once.
 */
export async function placeAlarms(alerting: Alerting, alarms: AlarmStore, limit = alarmsAtOnce): Promise<boolean> {
  const apart = new TenantsApart();
  for (;;) {
    const misplaced = await alerting.read((db) => misplacedAlarms(db, limit, apart.failing));
    for (const [tenant, some] of Map.groupBy(misplaced, (one) => one.tenant)) {
      const ids = some.map(({ id }) => id);
      await apart.attempt(tenant, async () => alarms.committed(await placeSome(alerting, tenant, ids)));
    }
    const hasMore = misplaced.length >= limit;
    if (hasMore && apart.failing.length > 0) continue;
    apart.end();
    return hasMore;
  }
}

function placeSome(alerting: Alerting, tenant: string, ids: readonly string[]): Promise<readonly AlarmChange[]> {
  return alerting.change(async (tx) => {
    const alarms = await lockAlarms(tx, tenant, ids, []);
    // Not before they are locked: another process may have placed them.
    const inhibitors = await inhibitorsOf(tx, tenant, ids);
    const atMs = alerting.clock.nowMs();
    const changes = alarms.flatMap((alarm) => {
      const by = inhibitors.get(alarm.id);
      return (by === undefined ? release(alarm, atMs) : inhibit(alarm, by, atMs)) ?? [];
    });
    await saveChanges(tx, tenant, changes);
    return changes;
  });
}
