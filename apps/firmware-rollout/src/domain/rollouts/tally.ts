import {
  type Assignment,
  type AssignmentReason,
  type AssignmentState,
  isActive,
  isClosed,
} from '../assignments/assignment.js';

/** A state, with its reason where there is one: `failed/timed-out`. */
export type TallyKey = AssignmentState | `${AssignmentState}/${AssignmentReason}`;

/** How many assignments of a wave, or of a rollout, are in which state for which reason. What is not named is 0. */
export type Tally = Readonly<Partial<Record<TallyKey, number>>>;

export function tallyKeyOf({ state, reason }: Pick<Assignment, 'state' | 'reason'>): TallyKey {
  return reason === undefined ? state : `${state}/${reason}`;
}

export function tallyOf(assignments: Iterable<Pick<Assignment, 'state' | 'reason'>>): Tally {
  const counts: Partial<Record<TallyKey, number>> = {};
  for (const assignment of assignments) {
    const key = tallyKeyOf(assignment);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** What conditions look at. */
export interface TallySummary {
  readonly planned: number;
  /** At work, or asked to stop. */
  readonly active: number;
  /** Of the active ones those who can be asked to stop: nobody has yet, and they have not refused. */
  readonly stoppable: number;
  readonly succeeded: number;
  /**
   * Failed, stopped by themselves, or out of time: those who are asked to stop for that are in it as well, so that a firmware which
   * silences devices is found out one time-out earlier.
   */
  readonly unsuccessful: number;
  readonly closed: number;
}

const unsuccessful: readonly TallyKey[] = ['cancelled/device', 'cancelling/timed-out'];

export function summaryOf(tally: Tally): TallySummary {
  const count = (counts: (state: AssignmentState, key: TallyKey) => boolean): number =>
    (Object.entries(tally) as [TallyKey, number][])
      .filter(([key]) => counts(key.split('/', 1)[0] as AssignmentState, key))
      .reduce((sum, [, each]) => sum + each, 0);
  return {
    planned: count((state) => state === 'planned'),
    active: count(isActive),
    stoppable: count((state, key) => isActive(state) && state !== 'cancelling' && !key.endsWith('/refused-to-stop')),
    succeeded: count((state) => state === 'succeeded'),
    unsuccessful: count((state, key) => state === 'failed' || unsuccessful.includes(key)),
    closed: count(isClosed),
  };
}
