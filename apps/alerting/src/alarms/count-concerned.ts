import type { CountConcerned } from '../domain/alarms/storms.js';
import type { ConcernedCounts, Fleet } from '../domain/fleet/fleet.js';

/** All devices of the tenant are looked at, which takes some 100 ms of a million: not at each batch of a storm. */
const countedForMs = 60_000;

interface Counted {
  readonly counts: ConcernedCounts;
  readonly untilMs: number;
}

/** How many devices rules concern, counted when it is asked and remembered for a minute. */
export class ConcernedDevices {
  private readonly counted = new Map<string, Counted>();

  constructor(private readonly fleet: Fleet) {}

  of(tenant: string): CountConcerned {
    return ({ rule, by, name }) => {
      const counts = this.countsOf(tenant, rule);
      if (by === 'rule') return counts.rule;
      return (by === 'site' ? counts.site.get(name) : counts.profile.get(name ?? '')) ?? 0;
    };
  }

  private countsOf(tenant: string, rule: string): ConcernedCounts {
    const nowMs = performance.now();
    const key = `${tenant}/${rule}`;
    const known = this.counted.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known.counts;
    for (const [other, { untilMs }] of this.counted) if (untilMs <= nowMs) this.counted.delete(other);
    const counts = this.fleet.countConcerned(tenant, rule);
    this.counted.set(key, { counts, untilMs: nowMs + countedForMs });
    return counts;
  }
}
