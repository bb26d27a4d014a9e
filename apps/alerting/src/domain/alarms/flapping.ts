/** Nagios' method: changes among the last 21 states, the later ones weighing more; between 25 and 50 % nothing changes. */
const states = 21;
const high = 0.5;
const low = 0.25;

/** Between changes of a condition it is looked at this often: a condition that holds for some minutes is steady. */
export const lookMs = 60_000;

/** What is remembered of a rule and device between changes of its condition. */
export interface Flapping {
  /** The last states, latest first: the bits of a number. */
  readonly recent: number;
  /** How many of them there are. */
  readonly count: number;
  readonly flapping: boolean;
}

export const steady: Flapping = { recent: 0, count: 0, flapping: false };

/** @param active the condition at one more look at it */
export function seen({ recent, count, flapping }: Flapping, active: boolean): Flapping {
  const next = ((recent << 1) | Number(active)) & (2 ** states - 1);
  const known = Math.min(count + 1, states);
  const share = changeShare(next, known);
  return { recent: next, count: known, flapping: flapping ? share > low : share >= high };
}

/** The condition has become another one, after it had been the same for `sinceMs` of event time. */
export function changedTo(before: Flapping, active: boolean, sinceMs: number): Flapping {
  return seen(heldFor(before, sinceMs), active);
}

/** How long the condition has to be the same until this is over; undefined when it is. */
export function settlesAfterMs(flapping: Flapping): number | undefined {
  if (!flapping.flapping) return undefined;
  let looks = 0;
  for (let now = flapping; now.flapping; looks += 1) now = seen(now, isActive(now));
  return looks * lookMs;
}

function heldFor(before: Flapping, sinceMs: number): Flapping {
  if (before.count === 0) return before;
  const looks = Math.min(states, Math.floor(Math.max(0, sinceMs) / lookMs));
  let now = before;
  for (let look = 0; look < looks; look += 1) now = seen(now, isActive(now));
  return now;
}

function isActive({ recent }: Flapping): boolean {
  return (recent & 1) === 1;
}

/** Weighted from 0.8 for the oldest possible change to 1.2 for the latest; a share of all 20 possible ones. */
function changeShare(recent: number, count: number): number {
  let weights = 0;
  for (let back = 0; back < count - 1; back += 1) {
    const differs = ((recent >> back) & 1) !== ((recent >> (back + 1)) & 1);
    if (differs) weights += 1.2 - (0.4 * back) / (states - 2);
  }
  return weights / (states - 1);
}
