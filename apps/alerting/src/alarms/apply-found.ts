import type { EntityManager } from 'typeorm';
import type { AlarmChange } from '../domain/alarms/alarm.js';
import type { Found } from '../domain/alarms/found.js';
import type { DeviceTransition } from '../domain/evaluation/transition.js';
import { type CausedTransition, causesOf } from './caused-transition.js';
import type { Fleet } from '../domain/fleet/fleet.js';
import { brakeOf } from '../domain/rules/storm-brake.js';
import type { AlarmStore } from './alarm-store.js';
import type { ConcernedDevices } from './count-concerned.js';
import { describeAlarm } from './describe-alarm.js';

export interface ApplyFoundParts {
  readonly alarms: AlarmStore;
  readonly fleet: Fleet;
  readonly concerned: ConcernedDevices;
}

/** Makes alarms of what rules have found, tenant by tenant, in the caller's transaction. */
export async function applyFound(
  tx: EntityManager,
  { alarms, fleet, concerned }: ApplyFoundParts,
  transitions: readonly CausedTransition[],
): Promise<readonly AlarmChange[]> {
  const byTenant = Map.groupBy(transitions, ({ key }) => key.slice(0, key.indexOf('/')));
  const changes: AlarmChange[] = [];
  // In the order of their names, as whoever locks alarms of several tenants does.
  for (const tenant of [...byTenant.keys()].sort()) {
    const its = byTenant.get(tenant) ?? [];
    const found = its.flatMap((one) => foundOf(tenant, one, fleet));
    changes.push(...(await alarms.apply(tx, tenant, found, concerned.of(tenant), causesOf(tenant, its))));
  }
  return changes;
}

/** None for a raise of a rule or a device that is there no more: nobody would clear it. */
function foundOf(tenant: string, transition: DeviceTransition, fleet: Fleet): Found[] {
  const { key, kind, rule: id, version: ruleVersion, startMs, atMs, reason, peers } = transition;
  const device = key.slice(tenant.length + 1);
  const of = { rule: id, ruleVersion, device, startMs, atMs };
  if (kind === 'cleared') return [{ kind, ...of, ...(reason === undefined ? {} : { reason }) }];
  const rule = fleet.rulesOf(tenant)?.find(id);
  const facts = fleet.deviceOf(key)?.facts;
  if (rule?.version !== ruleVersion || facts === undefined) return [];
  const brake = brakeOf(rule);
  const description = describeAlarm(rule, facts, { tenant, startMs, peers });
  return [{ kind, ...of, severity: rule.severity, ...description, ...(brake === undefined ? {} : { brake }) }];
}
