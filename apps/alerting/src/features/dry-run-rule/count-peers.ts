import type { Fleet } from '../../domain/fleet/fleet.js';
import type { RuleDefinition } from '../../domain/rules/parse-rule.js';
import { isAboutPeers, maxPeers } from '../../domain/rules/peers.js';

export interface PeerCount {
  readonly concerned: number;
  /** Those beyond what is compared at most. */
  readonly notCompared: number;
}

/** How many devices the rule would compare with each other; undefined for a rule that compares none. Looks at all of the tenant's. */
export function countPeers(fleet: Fleet, tenant: string, definition: RuleDefinition): PeerCount | undefined {
  if (!isAboutPeers(definition.when)) return undefined;
  let concerned = 0;
  const devices = fleet.concerned(tenant, { id: 'dry-run', version: 1, ...definition });
  while (devices.next().done !== true) concerned += 1;
  return { concerned, notCompared: Math.max(0, concerned - maxPeers) };
}
