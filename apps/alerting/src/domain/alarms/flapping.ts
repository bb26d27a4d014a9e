/** Nagios' method: changes among the last 21 states, the later ones weighing more; between 25 and 50 % nothing changes. */
const states = 21;
const high = 0.5;
const low = 0.25;

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

/** Weighted from 0.8 for the oldest possible change to 1.2 for the latest; a share of all 20 possible ones. */
function changeShare(recent: number, count: number): number {
  let weights = 0;
  for (let back = 0; back < count - 1; back += 1) {
    const differs = ((recent >> back) & 1) !== ((recent >> (back + 1)) & 1);
    if (differs) weights += 1.2 - (0.4 * back) / (states - 2);
  }
  return weights / (states - 1);
}
